import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  FetchOnlineUsersInLast3MinsResponseSchema,
  type StatusReader,
} from '../../../../schemas/api/tenten/interview/service_pb.js';
import { CachedCount } from '../store/cached-count.ts';
import type { PresenceStore } from '../store/presence-store.ts';

/** Told what happens in a status service. */
export interface StatusEvents {
  /** Somebody has asked for the count. */
  asked(): void;
  /** The store has counted. */
  counted(users: number, ms: number): void;
  /** What keeps it from counting; undefined when it has again. */
  storeFailing(error: Error | undefined): void;
}

/** Says how many users are online. A caller hears nothing of the store but that it does not answer. */
export function createStatusReader(
  store: Pick<PresenceStore, 'count'>,
  events: StatusEvents,
): ServiceImpl<typeof StatusReader> {
  const cached = new CachedCount(store, { onCounted: (users, ms) => events.counted(users, ms) });
  let isFailing = false;
  return {
    async fetchOnlineUsersInLast3Mins() {
      events.asked();
      try {
        const users = await cached.read();
        if (isFailing) events.storeFailing(undefined);
        isFailing = false;
        return create(FetchOnlineUsersInLast3MinsResponseSchema, { onlineUsers: BigInt(users) });
      } catch (error) {
        isFailing = true;
        events.storeFailing(error instanceof Error ? error : new Error(String(error)));
        throw new ConnectError('the store of this service does not answer; try again', Code.Unavailable);
      }
    },
  };
}
