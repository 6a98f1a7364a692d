import type { CountEvents } from '../store/cached-count.ts';

/** Told what happens in a status service. */
export interface StatusEvents extends CountEvents {
  /** Somebody has asked for the count. */
  asked(): void;
}
