import type { JobRef } from '../index.ts';
import { naturally } from '../natural-order.ts';

type Job = Pick<JobRef, 'id' | 'client'>;

/** An id as people see it: the counter for a job of this server, the whole for one of another. */
export function shortId(id: string, bootId: string): string {
  return id.startsWith(`${bootId}.`) ? id.slice(bootId.length + 1) : id;
}

/** Whether `text` (`7`, `7/w1`, `boot.7`, `boot.7/w1`) means this job. */
export function meansJob(text: string, job: Job, bootId: string): boolean {
  const [id = '', client] = text.split('/', 2);
  return (id === job.id || id === shortId(job.id, bootId)) && (client === undefined || client === job.client);
}

/** Orders jobs by line, and those of a line by client: `2/w9`, `2/w10`, `3/w1`. Those of other servers come first. */
export const asTyped =
  (bootId: string) =>
  (a: Job, b: Job): number =>
    Number(isOwn(a, bootId)) - Number(isOwn(b, bootId)) || naturally(a.id, b.id) || naturally(a.client, b.client);

const isOwn = ({ id }: Job, bootId: string): boolean => id.startsWith(`${bootId}.`);
