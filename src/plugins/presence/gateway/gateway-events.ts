import type { Status } from '../../../../schemas/api/tenten/interview/service_pb.js';

/** Why the gateway ended a stream. */
export type Dropped = 'unanswered' | 'flooding' | 'bad_message' | 'no_room';

/** Receives the events of a gateway. The calls are frequent, so implementations should only count. */
export interface GatewayEvents {
  /** The users of a slot were pinged. @param lateMs delay after the due time */
  pinged(users: number, lateMs: number): void;
  ponged(status: Status): void;
  refused(code: 'bad_user_id' | 'bad_token' | 'busy'): void;
  dropped(reason: Dropped): void;
  /** A batch was stored. */
  stored(rows: number, ms: number): void;
  /** Storing batches fails; undefined: it works. */
  storeFailing(error: Error | undefined): void;
}

export const noEvents: GatewayEvents = {
  pinged() {},
  ponged() {},
  refused() {},
  dropped() {},
  stored() {},
  storeFailing() {},
};
