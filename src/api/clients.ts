import { create } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import {
  type ClientService,
  ForgetResponseSchema,
  ListClientsResponseSchema,
  ResolveResponseSchema,
  WaitForClientsResponseSchema,
} from '../../schemas/api/signalbox/v1/clients_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import { clientMessage } from '../messages/client-message.ts';
import { sizeOfValue } from '../size-of-value.ts';
import type { CallContext } from './call-context.ts';
import { parts } from './parts.ts';

/** `signalbox.v1.ClientService`, implemented by a `JobService`. */
export const clientCalls = (contextOf: (call: HandlerContext) => CallContext): ServiceImpl<typeof ClientService> => ({
  async *list(_request, call) {
    const { service, read } = contextOf(call);
    using _ = read();
    const clients = await service.clients();
    for (const part of parts(clients, sizeOfValue)) {
      yield create(ListClientsResponseSchema, { clients: part.map(clientMessage) });
    }
  },
  async resolve({ targets }, call) {
    return create(ResolveResponseSchema, { clients: await contextOf(call).service.resolve(targets) });
  },
  async waitForClients({ count }, call) {
    const context = contextOf(call);
    using _ = context.follow();
    await context.service.waitForClients(count, { signal: context.signal });
    return create(WaitForClientsResponseSchema);
  },
  async forget({ client }, call) {
    if (client === '') throw new SignalboxError('bad_usage', 'client is missing; set the name of the client');
    await contextOf(call).service.forget(client);
    return create(ForgetResponseSchema);
  },
});
