import type { Status } from '../../../../schemas/api/tenten/interview/service_pb.js';

/** Why a stream of a user was ended by the gateway. */
export type Dropped = 'unanswered' | 'flooding' | 'bad_message' | 'no_room';

/** Told what happens in a gateway. Each is called often: it only counts. */
export interface GatewayEvents {
  /** Pings were sent to the users of a slot, so long after they were due. */
  pinged(users: number, lateMs: number): void;
  ponged(status: Status): void;
  refused(code: 'bad_user_id' | 'bad_token' | 'busy'): void;
  dropped(reason: Dropped): void;
  /** A batch has been stored, or not. */
  stored(rows: number, ms: number): void;
  /** What keeps batches from being stored; undefined when one has been again. */
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
