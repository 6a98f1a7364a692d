import { hostname } from 'node:os';
import { create } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import {
  CallResponseSchema,
  GetInfoResponseSchema,
  ListCommandsResponseSchema,
  type ServerService,
} from '../../schemas/api/signalbox/v1/server_pb.js';
import { commandMessage } from '../messages/command-message.ts';
import { plainOfMessage, valueMessageOf } from '../messages/values.ts';
import { version } from '../version.ts';
import type { CallContext } from './call-context.ts';

/** `signalbox.v1.ServerService`, implemented by a `JobService`. */
export const serverCalls = (contextOf: (call: HandlerContext) => CallContext): ServiceImpl<typeof ServerService> => ({
  getInfo(_, call) {
    const { service, actor } = contextOf(call);
    const { bootId, endpoint } = service;
    const groups = Object.fromEntries(service.groups);
    const own = { host: hostname(), pid: process.pid };
    return create(GetInfoResponseSchema, { version, bootId, endpoint, ...own, actor, groups });
  },
  async call({ method, request }, call) {
    const { service, signal } = contextOf(call);
    const response = await service.call(method, request ? plainOfMessage(request) : {}, { signal });
    return create(CallResponseSchema, { response: valueMessageOf(response) });
  },
  listCommands(_, call) {
    const { commands } = contextOf(call).service;
    return create(ListCommandsResponseSchema, { commands: [...commands.values()].map(commandMessage) });
  },
});
