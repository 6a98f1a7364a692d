import { type ExitCode, exitCodeOfOutcome, worst } from '../exit-code.ts';
import { fewNames, foldNames } from '../fold-names.ts';
import type { JobView } from '../plugin/job-service.ts';
import { jobName } from './parse/job-id.ts';

/**
 * Judges ended jobs for a script: `2/w1, 2/w2 failed`. Without a failure the code is 0.
 * @param isOurs whether the script itself ended the job.
 */
export function verdictOn(
  jobs: readonly JobView[],
  isOurs: (job: JobView) => boolean,
): { readonly code: ExitCode; readonly text: string } {
  const failures = jobs.flatMap((job) => {
    const code = codeOf(job, isOurs(job));
    return code === 0 ? [] : [{ job, code }];
  });
  const parts = [...Map.groupBy(failures, ({ job }) => job.outcome)].map(
    ([outcome, ended]) =>
      `${foldNames(
        ended.map(({ job }) => jobName(job)),
        fewNames,
      )} ${outcome}`,
  );
  return { code: failures.reduce<ExitCode>((code, one) => worst(code, one.code), 0), text: parts.join(', ') };
}

function codeOf({ outcome, error }: JobView, isOurs: boolean): ExitCode {
  if (outcome === undefined || outcome === 'completed') return 0;
  return exitCodeOfOutcome({ outcome, error: error ?? { code: 'command_failed', message: '' } }, isOurs);
}
