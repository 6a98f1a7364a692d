import { setTimeout } from 'node:timers/promises';
import type { Terminal } from './terminal.ts';

/** Maximum time that Ctrl-\ waits for a write: a blocked terminal must not delay it. */
const waitMs = 200;

/** Calls `quit` when no write is pending: a pending write would arrive after the terminal was restored. */
export async function quitWhenWritten(terminal: Terminal, quit: () => void): Promise<void> {
  const handed = terminal.handOver();
  await Promise.race([handed, setTimeout(waitMs, undefined, { ref: false })]);
  quit();
  void handed.then((held) => held[Symbol.dispose]());
}
