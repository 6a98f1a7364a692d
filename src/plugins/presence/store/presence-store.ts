import type { Sighting } from '../model/sighting.ts';

/** Where gateways tell status services who is online. */
export interface PresenceStore extends AsyncDisposable {
  /**
   * Notes the sightings; of two of one user the newer one counts. May be repeated.
   * @param sightings at most one of each user, in the order of their ids.
   */
  put(sightings: readonly Sighting[]): Promise<void>;
  /** Unique users that were seen in the window. */
  count(): Promise<number>;
  /** Deletes users who are not counted any more. */
  prune(): Promise<void>;
}
