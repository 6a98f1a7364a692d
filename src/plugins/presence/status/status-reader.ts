import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  FetchOnlineUsersInLast3MinsResponseSchema,
  type StatusReader,
} from '../../../../schemas/api/tenten/interview/service_pb.js';
import type { Tracer } from '../../../index.ts';
import type { CachedCount } from '../store/cached-count.ts';
import { answered } from '../trace/answered.ts';

/** What answers the calls of a status service. */
export interface StatusReaderOptions {
  readonly counts: CachedCount;
  /** Called for each call. */
  readonly onAsked: () => void;
  /** Gets a span of each call. */
  readonly tracer?: Tracer | undefined;
}

/** Says how many users are online. A caller hears nothing of the store but that it does not answer. */
export function createStatusReader({ counts, onAsked, tracer }: StatusReaderOptions): ServiceImpl<typeof StatusReader> {
  return {
    async fetchOnlineUsersInLast3Mins(_, context) {
      onAsked();
      return await answered(tracer, context, async (span) => {
        try {
          const users = await counts.read(span);
          span?.set({ 'signalbox.presence.online_users': users });
          return create(FetchOnlineUsersInLast3MinsResponseSchema, { onlineUsers: BigInt(users) });
        } catch {
          throw new ConnectError('the store of this service does not answer; try again', Code.Unavailable);
        }
      });
    },
  };
}
