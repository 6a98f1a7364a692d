import type { Event } from '../jobs/events.ts';

// What an observer or an output has to know of jobs is in this module.
export type { Event, JobRef, SeenState } from '../jobs/events.ts';

/**
 * Hears of every event, in order, after the handles of its job have been settled. It can delay and harm nothing: what it throws, or what its
 * promise rejects with, is caught and reported once, by its name, to `onFault` of the server; it goes on being told. What must not be missed is
 * read with `watch` of `JobService`.
 */
export interface Observer {
  readonly name: string;
  on(event: Event): void | Promise<void>;
}

export function isObserver(value: unknown): value is Observer {
  const { name, on } = (value ?? {}) as Partial<Observer>;
  return typeof name === 'string' && typeof on === 'function';
}
