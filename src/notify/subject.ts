import { z } from 'zod';

/** The count of a rule with `after` for one command on one client, one workflow or one schedule. */
export const subjectSchema = z.object({
  rule: z.string(),
  subject: z.string(),
  /** Number of the last event that was counted. */
  seq: z.int(),
  /** Events in succession. */
  times: z.int(),
  isOpen: z.boolean(),
});
export type Subject = z.output<typeof subjectSchema>;

/** The effect of an event on its subject. */
export interface Succession {
  /** Undefined: nothing to store. */
  readonly next: Subject | undefined;
  /** The message that it causes. */
  readonly tells?: 'opened' | 'closed';
  readonly times: number;
}

/** @param kind whether the rule counts the event, or the event ends the count. */
export function succeed(before: Subject, kind: 'counted' | 'good', seq: number, after: number): Succession {
  const { times, isOpen } = before;
  if (seq <= before.seq) return { next: before, times };
  if (kind === 'good') return { next: undefined, times, ...(isOpen && { tells: 'closed' }) };
  const next = { ...before, seq, times: times + 1, isOpen: isOpen || times + 1 >= after };
  return { next, times: next.times, ...(next.isOpen && !isOpen && { tells: 'opened' }) };
}
