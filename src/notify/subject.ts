import { z } from 'zod';

/** What a rule with `after` knows of a command on a client, a workflow or a schedule. */
export const subjectSchema = z.object({
  rule: z.string(),
  subject: z.string(),
  /** Number of the last event that it has taken. */
  seq: z.int(),
  /** How often in succession. */
  times: z.int(),
  isOpen: z.boolean(),
});
export type Subject = z.output<typeof subjectSchema>;

/** What follows from an event for its subject. */
export interface Succession {
  /** Undefined: there is nothing to be kept. */
  readonly next: Subject | undefined;
  /** What is told. */
  readonly tells?: 'opened' | 'closed';
  readonly times: number;
}

/** @param kind whether it is what the rule counts, or what ends that. */
export function succeed(before: Subject, kind: 'counted' | 'good', seq: number, after: number): Succession {
  const { times, isOpen } = before;
  if (seq <= before.seq) return { next: before, times };
  if (kind === 'good') return { next: undefined, times, ...(isOpen && { tells: 'closed' }) };
  const next = { ...before, seq, times: times + 1, isOpen: isOpen || times + 1 >= after };
  return { next, times: next.times, ...(next.isOpen && !isOpen && { tells: 'opened' }) };
}
