import type { Place } from '../plugin/statement.ts';

/** Where a line is carried out, and how long. */
export interface LinePlace {
  readonly place: Place;
  readonly signal: AbortSignal;
}
