import { naturally } from '../../natural-order.ts';
import type { JobRef } from '../../plugin/observer.ts';

type Job = Pick<JobRef, 'id' | 'client'>;

/** An id as people see it: the counter for a job of this server, the whole for one of another. */
export function shortId(id: string, bootId: string): string {
  return id.startsWith(`${bootId}.`) ? id.slice(bootId.length + 1) : id;
}

/** Orders jobs by line, and those of a line by client: `2/w9`, `2/w10`, `3/w1`. Those of other servers come first. */
export const asTyped =
  (bootId: string) =>
  (a: Job, b: Job): number =>
    Number(isOwn(a, bootId)) - Number(isOwn(b, bootId)) || naturally(a.id, b.id) || naturally(a.client, b.client);

const isOwn = ({ id }: Job, bootId: string): boolean => id.startsWith(`${bootId}.`);
