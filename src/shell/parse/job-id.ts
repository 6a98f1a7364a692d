import { naturally } from '../../natural-order.ts';
import { clientText, type Placed } from '../../place-name.ts';
import type { JobRef } from '../../plugin/observer.ts';

type Job = Pick<JobRef, 'number'> & Placed;

/** A job as people type it: `7/w1`, or `7/#1` while it is a place without a client. */
export const jobName = (job: Job): string => `${job.number}/${clientText(job)}`;

/** Orders jobs by number, then by client: `2/w9`, `2/w10`, `3/w1`. */
export const asTyped = (a: Job, b: Job): number => a.number - b.number || naturally(clientText(a), clientText(b));
