import { setTimeout } from 'node:timers/promises';
import type { Terminal } from './terminal.ts';

/** How long Ctrl-\ waits for what is being written: a terminal that takes nothing delays nothing. */
const waitMs = 200;

/** Calls `quit` when nothing is being written: a write that is under way would arrive after the terminal has been restored. */
export async function quitWhenWritten(terminal: Terminal, quit: () => void): Promise<void> {
  const handed = terminal.handOver();
  await Promise.race([handed, setTimeout(waitMs, undefined, { ref: false })]);
  quit();
  void handed.then((held) => held[Symbol.dispose]());
}
