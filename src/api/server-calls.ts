import { hostname } from 'node:os';
import { create } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import {
  GetInfoResponseSchema,
  ListCommandsResponseSchema,
  type ServerService,
} from '../../schemas/api/signalbox/v1/server_pb.js';
import { version } from '../version.ts';
import type { CallContext } from './call-context.ts';
import { commandMessage } from './command-message.ts';

/** `signalbox.v1.ServerService` over a `JobService`. */
export const serverCalls = (
  contextOf: (call: HandlerContext) => CallContext,
): Omit<ServiceImpl<typeof ServerService>, 'call'> => ({
  getInfo(_, call) {
    const { service, actor } = contextOf(call);
    const { bootId, endpoint } = service;
    return create(GetInfoResponseSchema, { version, bootId, endpoint, host: hostname(), pid: process.pid, actor });
  },
  listCommands(_, call) {
    const { commands } = contextOf(call).service;
    return create(ListCommandsResponseSchema, { commands: [...commands.values()].map(commandMessage) });
  },
});
