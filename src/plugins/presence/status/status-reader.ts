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
  /** A count was read, or answered from the last second. */
  counted(users: number): void;
  /** Why counts cannot be read; undefined when one has been again. */
  storeFailing(error: Error | undefined): void;
}

/** Says how many users are online. A caller hears nothing of the store but that it does not answer. */
export function createStatusReader(
  store: Pick<PresenceStore, 'count'>,
  events: StatusEvents,
): ServiceImpl<typeof StatusReader> {
  const cached = new CachedCount(store);
  let isFailing = false;
  return {
    async fetchOnlineUsersInLast3Mins() {
      try {
        const users = await cached.read();
        if (isFailing) events.storeFailing(undefined);
        isFailing = false;
        events.counted(users);
        return create(FetchOnlineUsersInLast3MinsResponseSchema, { onlineUsers: BigInt(users) });
      } catch (error) {
        isFailing = true;
        events.storeFailing(error instanceof Error ? error : new Error(String(error)));
        throw new ConnectError('the store of this service does not answer; try again', Code.Unavailable);
      }
    },
  };
}
