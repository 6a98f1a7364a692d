import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** Added to the environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Pipes the output of one command into another one.
 * @throws Error with their stderr, unless both end with 0
 */
export async function pipe(from: Command, to: Command): Promise<void> {
  const [writer, reader] = [start(from), start(to)];
  reader.stdin.on('error', () => {});
  writer.stdin.end();
  writer.stdout.pipe(reader.stdin);
  // Unread output would block the writer forever.
  reader.once('close', () => writer.stdout.destroy());
  const [said, , ...codes] = await Promise.all([
    Promise.all([text(writer.stderr), text(reader.stderr)]),
    text(reader.stdout),
    once(writer, 'close'),
    once(reader, 'close'),
  ]);
  if (codes.some(([code]) => code !== 0)) throw new Error(said.join('').trim());
}

function start({ argv: [file, ...args], env }: Command) {
  return spawn(file, args, { env: { ...process.env, ...env } });
}
