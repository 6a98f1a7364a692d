import type { Client as ClientMessage } from '../../schemas/api/signalbox/v1/clients_pb.js';
import type { SeenState } from '../jobs/events.ts';
import type { ClientView } from '../plugin/client-view.ts';

export function clientViewOf({ $typeName: _type, $unknown: _unknown, ...client }: ClientMessage): ClientView {
  const { bootId, credential, version, host, pid, containment, silentMs, roundTripMs, lagMs } = client;
  return {
    ...client,
    state: client.state as SeenState,
    ...{ bootId, credential, version, host, pid, containment, silentMs, roundTripMs, lagMs },
  };
}
