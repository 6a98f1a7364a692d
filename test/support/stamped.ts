import type { Event } from '../../src/plugin/observer.ts';

/** An event as a test writes it: without its stamp. */
export type Unstamped = Event extends infer One ? (One extends Event ? Omit<One, 'atMs' | 'seq'> : never) : never;

/** The time of every event of a test. */
export const atMs = 1_700_000_000_000;

export function stamped(event: Unstamped): Event {
  const isNumbered = event.type !== 'job.output' && event.type !== 'job.progress';
  return { ...event, atMs, ...(isNumbered && { seq: 1 }) } as Event;
}
