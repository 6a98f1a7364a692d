import { foldNames } from '../fold-names.ts';
import { clientText } from '../place-name.ts';
import type { SentJob } from '../plugin/sent.ts';
import { untilAborted } from '../until-aborted.ts';
import { asTyped } from './parse/job-id.ts';
import type { Shell } from './shell.ts';
import { ShellError } from './shell-error.ts';

const cancelWaitMs = 10_000;

/** About jobs that have not ended. */
export interface LeftoverAdvice {
  /** What happens to them. */
  readonly fate: string;
  /** What to type next. */
  readonly hint: string | undefined;
}

/**
 * Cancels the jobs of a script and waits for them, at most 10 s or until `signal` aborts. Reports the jobs that have not
 * ended by then, with `advice` about them.
 */
export async function cancelBegun(
  shell: Shell,
  advice: (jobs: readonly SentJob[]) => LeftoverAdvice,
  signal: AbortSignal,
): Promise<void> {
  const { service, tally, output } = shell;
  const begun = tally.unsettled;
  if (begun.length === 0) return;
  for (const job of begun) tally.endsByUs(job);
  output.status(`cancelling ${begun.length === 1 ? 'a job' : `${begun.length} jobs`}; Ctrl-C again stops waiting`);
  const ended = service.cancel(begun).then(() => Promise.all(begun.map(({ outcome }) => outcome)));
  await untilAborted(ended, AbortSignal.any([signal, AbortSignal.timeout(cancelWaitMs)]));
  const left = tally.unsettled;
  if (left.length === 0) return;
  const count = left.length === 1 ? 'a job was cancelled and has' : `${left.length} jobs were cancelled and have`;
  const { fate, hint } = advice(left);
  output.error(new ShellError('timed_out', `${count} not ended yet: ${named(left)}; ${fate}`, { hint }));
}

/** `5 run on web[1-3], 7 calculate on w1` */
function named(jobs: readonly SentJob[]): string {
  const lines = Map.groupBy(jobs.toSorted(asTyped), ({ number }) => number);
  return [...lines]
    .map(([number, ofLine]) => `${number} ${ofLine[0]?.command} on ${foldNames(ofLine.map(clientText))}`)
    .join(', ');
}
