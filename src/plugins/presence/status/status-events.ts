import type { CountEvents } from '../store/cached-count.ts';

/** Receives the events of a status service. */
export interface StatusEvents extends CountEvents {
  /** The count was requested. */
  asked(): void;
}
