import { type Channel, DeliveryFailure } from '../../plugin/channel.ts';
import { type ProcessHandle, startProcess } from '../../process/index.ts';

const defaultTimeoutMs = 60_000;
const maxOutputBytes = 8_192;
const shownLength = 200;
/** Variables of the server that the program gets. All others may be secrets. */
const passed = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

interface CommandOptions {
  readonly run: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Time limit of an attempt. Default: 60,000. */
  readonly timeoutMs?: number;
}

/** Starts a program for each message. The body is its standard input; id, event, text and count are in its environment. */
export function createCommandChannel({ run, cwd, env, timeoutMs = defaultTimeoutMs }: CommandOptions): Channel {
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
