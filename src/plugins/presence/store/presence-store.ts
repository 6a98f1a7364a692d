import type { TraceSpan } from '../../../index.ts';
import type { Sighting } from '../model/sighting.ts';

/** The store through which gateways report online users to status services. */
export interface PresenceStore extends AsyncDisposable {
  /**
   * Stores sightings. If a user has several, the newest one counts. Idempotent.
   * @param sightings at most one per user, ordered by user-id
   * @param batch their span, to which counts link
   */
  put(sightings: readonly Sighting[], batch?: TraceSpan): Promise<void>;
  /**
   * Counts the unique users that were seen in the window.
   * @param asked receives links to the newest traced batch of each gateway whose users may be counted
   */
  count(asked?: TraceSpan): Promise<number>;
  /** Deletes users that have left the window. */
  prune(within?: TraceSpan): Promise<void>;
}
