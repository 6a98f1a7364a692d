import { Status } from '../../../../schemas/api/tenten/interview/service_pb.js';
import type { Gateway } from '../gateway/gateway.ts';
import type { GatewayEvents } from '../gateway/gateway-events.ts';
import type { PresenceRegistry } from './registry.ts';

const lateBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const batchBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const statusNames = ['unknown', 'even', 'odd'] as const;

/** Metrics of a gateway. */
export function createGatewayMetrics(
  of: PresenceRegistry,
  gateway: Pick<Gateway, 'connections' | 'users' | 'waitingRows'>,
): GatewayEvents {
  of.gauge('connections', 'Open streams of users.', () => gateway.connections);
  of.gauge('users', 'Users with an open stream.', () => gateway.users);
  of.gauge('waiting_rows', 'Users whose newest pong is not stored yet.', () => gateway.waitingRows);
  const pings = of.counter('pings_total', 'Pings sent.');
  const late = of.histogram(
    'ping_lateness_seconds',
    'Delay of pings, once for each fiftieth of the users.',
    lateBuckets,
  );
  const pongs = of.counter('pongs_total', 'Pongs received.', 'status');
  const refusals = of.counter('refusals_total', 'Streams refused.', 'code');
  const drops = of.counter('drops_total', 'Streams ended by this gateway.', 'reason');
  const rows = of.counter('rows_total', 'Rows stored.');
  const batches = of.histogram('batch_seconds', 'Time to store a batch.', batchBuckets);
  const failing = of.gauge('write_failing', '1 while batches cannot be stored.');
  failing.set(0);
  for (const status of statusNames) pongs.inc({ status }, 0);
  return {
    pinged(users, lateMs) {
      pings.inc(users);
      late.observe(lateMs / 1_000);
    },
    ponged: (status) => pongs.inc({ status: statusNames[status] ?? statusNames[Status.UNKNOWN] }),
    refused: (code) => refusals.inc({ code }),
    dropped: (reason) => drops.inc({ reason }),
    stored(count, ms) {
      rows.inc(count);
      batches.observe(ms / 1_000);
    },
    storeFailing: (error) => failing.set(error ? 1 : 0),
  };
}
