import { naturally } from '../../natural-order.ts';
import type { JobRef } from '../../plugin/observer.ts';

type Job = Pick<JobRef, 'number' | 'client'>;

/** A job as people type it: `7/w1`. */
export const jobName = ({ number, client }: Job): string => `${number}/${client}`;

/** Orders jobs by line, and those of a line by client: `2/w9`, `2/w10`, `3/w1`. */
export const asTyped = (a: Job, b: Job): number => a.number - b.number || naturally(a.client, b.client);
