import type { ExitCode } from './exit-code.ts';
import type { Shell } from './shell.ts';

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
  const halted = aborted(shell.halt);
  for (let line = 1; !shell.exited; line += 1) {
    const next = await Promise.race([lines.next(), halted]);
    if (!next || next.done || shell.halt.aborted) break;
    await shell.run({ source, line, text: next.value });
  }
  await Promise.race([shell.tally.settled(), aborted(interrupted)]);
  return shell.tally.exitCode;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    if (signal.aborted) resolve(undefined);
  });
}
