import type { Place } from '../plugin/statement.ts';

/** Place of a line, and the signal that ends it. */
export interface LinePlace {
  readonly place: Place;
  readonly signal: AbortSignal;
}
