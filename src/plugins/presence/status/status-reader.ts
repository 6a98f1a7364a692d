import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  FetchOnlineUsersInLast3MinsResponseSchema,
  type StatusReader,
} from '../../../../schemas/api/tenten/interview/service_pb.js';
import type { Tracer } from '../../../index.ts';
import type { CachedCount } from '../store/cached-count.ts';
import { answered } from '../trace/answered.ts';

/** Dependencies of a status service. */
export interface StatusReaderOptions {
  readonly counts: CachedCount;
  /** Called for each call. */
  readonly onAsked: () => void;
  /** Receives a span for each call. */
  readonly tracer?: Tracer | undefined;
}

/** Answers with the number of online users. If the store fails, callers do not learn the reason. */
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
