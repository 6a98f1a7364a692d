import type { Event } from '../jobs/events.ts';

// The only module from which observers and outputs import types of jobs.
export type { Event, JobRef, SeenState } from '../jobs/events.ts';

/**
 * Receives every event, in order, after the handles of its job have settled. Errors and rejections are caught and
 * reported once, with the observer's name, to `onFault` of the server; later events still arrive. An observer cannot
 * delay anything. If acks must wait, use `watch` of `JobService`.
 */
export interface Observer {
  /** Identifies the observer in `Fault.source`. */
  readonly name: string;
  /** Receives an event, which is frozen. */
  on(event: Event): void | Promise<void>;
}

export function isObserver(value: unknown): value is Observer {
  const { name, on } = (value ?? {}) as Partial<Observer>;
  return typeof name === 'string' && typeof on === 'function';
}
