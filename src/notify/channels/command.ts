import { type Channel, DeliveryFailure } from '../../plugin/channel.ts';
import { type ProcessHandle, startProcess } from '../../process/index.ts';

const timeoutMs = 60_000;
const maxOutputBytes = 8_192;
const shownLength = 200;
/** What a program needs to run, and nothing else of what the server was given. */
const passed = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

interface CommandOptions {
  readonly run: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Starts a program for each message, which gets its body on standard input and the most important of it in its environment. */
export function createCommandChannel({ run, cwd, env }: CommandOptions): Channel {
  const own = Object.fromEntries(passed.map((name) => [name, env[name]]));
  return {
    about: `command ${run[0]}`,
    async send({ id, body, event, text, count }, { signal }) {
      const values = {
        SIGNALBOX_NOTIFY_ID: id,
        SIGNALBOX_NOTIFY_EVENT: event,
        SIGNALBOX_NOTIFY_TEXT: text.replaceAll('\0', ''),
        SIGNALBOX_NOTIFY_COUNT: String(count),
      };
      await using program = await startProcess({
        ...{ argv: run, cwd, env: { ...own, ...values }, stdin: `${body}\n` },
        ...{ timeoutMs, maxOutputBytes, signal },
      });
      const { exitCode, signal: killed, timedOut } = await program.exited;
      if (exitCode === 0) return;
      const how = timedOut
        ? `it took more than ${timeoutMs / 1_000} s`
        : `it ended with ${killed ?? `exit code ${exitCode}`}`;
      const said = await lastLine(program.output({ stream: 'stderr' }));
      throw new DeliveryFailure(said === '' ? how : `${how}: ${said}`);
    },
  };
}

async function lastLine(output: ReturnType<ProcessHandle['output']>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of output) if (piece.type === 'data') pieces.push(piece.data);
  return (Buffer.concat(pieces).toString().trim().split('\n').at(-1) ?? '').slice(0, shownLength);
}
