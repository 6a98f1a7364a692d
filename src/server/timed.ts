import type { JobEffects } from '../jobs/job-effects.ts';

/** Adds times to the effects of the job table, which reads no clock, before anything follows from a change. */
export const timed = (effects: JobEffects): JobEffects => ({
  ...effects,
  changed: (job, change) => {
    if (change === 'submitted') job.submission.submittedAtMs ??= Date.now();
    else if (change === 'settled') job.settledAtMs = Date.now();
    effects.changed?.(job, change);
  },
});
