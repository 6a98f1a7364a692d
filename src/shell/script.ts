import { fewNames, foldNames } from '../fold-names.ts';
import type { SentJob } from '../plugin/sent.ts';
import { untilAborted } from '../until-aborted.ts';
import { cancelBegun, type LeftoverAdvice } from './cancel-begun.ts';
import { jobName } from './parse/job-id.ts';
import type { Shell } from './shell.ts';

const sayWaitAfterMs = 1_000;

interface ScriptOptions {
  /** Source of the lines, for messages: `standard input`, `-c`, a file's path. */
  readonly source: string;
  /** Aborts to cancel the jobs of the script. */
  readonly interrupted: AbortSignal;
  /** Aborts to stop waiting. */
  readonly ended: AbortSignal;
  /** Tells people what the script waits for after its last line. */
  readonly say: (text: string) => void;
  /** Whether the script ends when everything is sent. Default: it ends when its jobs have ended. */
  readonly detach?: boolean;
  /** Advice for cancelled jobs that have not ended. */
  readonly advice: (jobs: readonly SentJob[]) => LeftoverAdvice;
}

/**
 * Runs a script line by line, waits for its jobs, and reports on commands for several clients that have not ended. A
 * failure ends it, even while it waits for the next line. The signals must also halt the shell.
 */
export async function runScript(
  shell: Shell,
  lines: AsyncIterator<string>,
  { source, interrupted, ended, say, advice, detach = false }: ScriptOptions,
): Promise<number> {
  for (let line = 1; !shell.exited; line += 1) {
    const next = await untilAborted(lines.next(), shell.halt);
    if (!next || next.done || shell.halt.aborted) break;
    await shell.run({ source, line, text: next.value });
  }
  if (detach) shell.tally.leave(shell.tally.awaited);
  const timer = setTimeout(() => say(waitingFor(shell)), sayWaitAfterMs);
  await untilAborted(shell.tally.settled(), AbortSignal.any([interrupted, ended]));
  clearTimeout(timer);
  if (interrupted.aborted && !ended.aborted) await cancelBegun(shell, advice, ended);
  shell.reportUnfinished();
  return shell.exitCode;
}

function waitingFor({ tally }: Shell): string {
  const jobs = tally.awaited;
  const names = jobs.map(jobName);
  const count = jobs.length === 1 ? '1 job' : `${jobs.length} jobs`;
  const them = jobs.length === 1 ? 'it' : 'them';
  return `waiting for ${count} to end: ${foldNames(names, fewNames)} (Ctrl-C cancels ${them})`;
}
