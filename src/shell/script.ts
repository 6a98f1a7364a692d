import type { ExitCode } from './exit-code.ts';
import type { Shell } from './shell.ts';
import { untilAborted } from './until-aborted.ts';

/**
 * Carries out a script, line after line, waits for its jobs and says the summary. A failure, also one that comes while the
 * next line is awaited, ends it.
 * @param source what the lines are read from, for messages: `standard input`, `-c`, a file's path.
 */
export async function runScript(
  shell: Shell,
  lines: AsyncIterator<string>,
  source: string,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  for (let line = 1; !shell.exited; line += 1) {
    const next = await untilAborted(lines.next(), shell.halt);
    if (!next || next.done || shell.halt.aborted) break;
    await shell.run({ source, line, text: next.value });
  }
  await untilAborted(shell.tally.settled(), interrupted);
  shell.reportUnfinished();
  return shell.tally.exitCode;
}
