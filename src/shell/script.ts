import { foldNames } from '../fold-names.ts';
import type { ExitCode } from './exit-code.ts';
import { shortId } from './job-id.ts';
import type { Shell } from './shell.ts';
import { untilAborted } from './until-aborted.ts';

const sayWaitAfterMs = 1_000;
const maxJobsNamed = 8;

/**
 * Carries out a script, line after line, waits for its jobs and says the summary. A failure, also one that comes while the
 * next line is awaited, ends it.
 * @param source what the lines are read from, for messages: `standard input`, `-c`, a file's path.
 * @param say tells the person that nothing more is read, and what is waited for.
 */
export async function runScript(
  shell: Shell,
  lines: AsyncIterator<string>,
  source: string,
  interrupted: AbortSignal,
  say: (text: string) => void,
): Promise<ExitCode> {
  for (let line = 1; !shell.exited; line += 1) {
    const next = await untilAborted(lines.next(), shell.halt);
    if (!next || next.done || shell.halt.aborted) break;
    await shell.run({ source, line, text: next.value });
  }
  const timer = setTimeout(() => say(waitingFor(shell)), sayWaitAfterMs);
  await untilAborted(shell.tally.settled(), interrupted);
  clearTimeout(timer);
  shell.reportUnfinished();
  return shell.tally.exitCode;
}

function waitingFor({ tally, server }: Shell): string {
  const jobs = tally.awaited;
  const names = jobs.map(({ id, client }) => `${shortId(id, server.bootId)}/${client}`);
  const count = jobs.length === 1 ? '1 job' : `${jobs.length} jobs`;
  const them = jobs.length === 1 ? 'it' : 'them';
  return `no more input; waiting for ${count} to end: ${foldNames(names, maxJobsNamed)} (Ctrl-C cancels ${them})`;
}
