import type { ResultMessage } from '../../../src/plugins/check/kafka/result-message.ts';
import type { Ended } from './end-checks.ts';

/** The numbers of the results of each job, as they are in the topic. */
export function numbersOf(produced: readonly ResultMessage[]): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map<string, number[]>();
  for (const { job, seq } of produced) numbers.set(job, [...(numbers.get(job) ?? []), seq]);
  return numbers;
}

/** How many numbers are missing before the last one. */
export const missingOf = (numbers: readonly number[]): number => (numbers.at(-1) ?? 0) - numbers.length;

/** Whether all results have arrived that jobs had sent, or had to send, when they ended. */
export function hasAll(produced: readonly ResultMessage[], ended: readonly Ended[]): boolean {
  const numbers = numbersOf(produced);
  return ended.every(
    ({ id, check, kafka }) => check === 'wide' || (numbers.get(id)?.length ?? 0) >= kafka.delivered + kafka.waiting,
  );
}

/** Whether the job of the client in this topic has skipped one since then, and continued. */
export function hasDropped(produced: readonly ResultMessage[], client: string, sinceMs: number): boolean {
  const newest = produced.findLast((message) => message.client === client);
  if (newest === undefined || newest.atMs < sinceMs) return false;
  return missingOf(numbersOf(produced).get(newest.job) ?? []) > 0;
}
