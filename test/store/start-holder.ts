import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('holder.ts', import.meta.url));

/** A process that holds a store; killed at the end of the test. */
export interface HolderProcess {
  readonly pid: number;
  /** The next line that it writes; undefined at its end. */
  line(): Promise<string | undefined>;
  type(line: string): void;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL. @returns the lines that it had written. */
  kill(): Promise<readonly string[]>;
}

export async function startHolder(path: string, epoch: string): Promise<HolderProcess> {
  const child = spawn(process.execPath, [program, path, epoch], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { done, value } = await lines.next();
    return done ? undefined : value;
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
    const rest: string[] = [];
    for (let next = await line(); next !== undefined; next = await line()) rest.push(next);
    return rest;
  };
  onTestFinished(async () => void (await kill()));
  const first = await line();
  if (first !== 'held') throw new Error(`the holder says ${first}`);
  return {
    pid: child.pid ?? 0,
    line,
    type: (text) => void child.stdin.write(`${text}\n`),
    signal: (signal) => void child.kill(signal),
    kill,
  };
}
