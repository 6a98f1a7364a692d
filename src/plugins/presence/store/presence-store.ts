import type { TraceSpan } from '../../../index.ts';
import type { Sighting } from '../model/sighting.ts';

/** Where gateways tell status services who is online. */
export interface PresenceStore extends AsyncDisposable {
  /**
   * Notes the sightings; of two of one user the newer one counts. May be repeated.
   * @param sightings at most one of each user, in the order of their ids.
   * @param batch their span, for those who count them.
   */
  put(sightings: readonly Sighting[], batch?: TraceSpan): Promise<void>;
  /**
   * Unique users that were seen in the window.
   * @param asked gets a link to the newest traced batch of each gateway whose users may be among them.
   */
  count(asked?: TraceSpan): Promise<number>;
  /** Deletes users who are not counted any more. */
  prune(within?: TraceSpan): Promise<void>;
}
