import { create } from '@bufbuild/protobuf';
import { type Client, ClientSchema } from '../../schemas/api/signalbox/v1/clients_pb.js';
import type { ClientView } from '../plugin/client-view.ts';
import { given } from './given.ts';

export function clientMessage({ commands, labels, vouched, facts, ...client }: ClientView): Client {
  return create(ClientSchema, {
    ...given(client),
    commands: [...commands],
    labels: { ...labels },
    vouched: { ...vouched },
    facts: { ...facts },
  });
}
