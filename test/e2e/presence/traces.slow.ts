import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchOnlineUsers, GrpcUser } from '../../plugins/presence/grpc-user.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import { type ExportedSpan, startCollector } from '../collector.ts';
import { PresenceProgram } from './presence-programs.ts';

const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${parent.traceId}-${parent.spanId}-01`;
const method = 'tenten.interview.StatusReader/FetchOnlineUsersInLast3Mins';

let cluster: PostgresCluster;
beforeAll(async () => {
  if (noPostgres === undefined) cluster = await PostgresCluster.start();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const isBatch = ({ name, attributes }: ExportedSpan) =>
  name === 'presence batch' && Number(attributes['signalbox.presence.users']) > 0;
const isCount = ({ name }: ExportedSpan) => name === method;
const named =
  (name: string, { spanId }: ExportedSpan = { spanId: '' } as ExportedSpan) =>
  (span: ExportedSpan) =>
    span.name === name && span.parentSpanId === spanId;

describe.skipIf(noPostgres !== undefined)('over PostgreSQL', () => {
  test('a batch is a span that contains its statement, and a count links to the newest batches of the gateways', async () => {
    await using collector = await startCollector();
    const options = ['--store', cluster.place(), '--traces', collector.url];
    await using one = await PresenceProgram.start('gateway', ...options);
    await using other = await PresenceProgram.start('gateway', ...options);
    await using status = await PresenceProgram.start('status', ...options);
    await using _ann = new GrpcUser(one.address, { 'user-id': 'ann-of-nowhere' });
    await using _bob = new GrpcUser(other.address, { 'user-id': 'bob-of-nowhere' });
    await expect.poll(() => fetchOnlineUsers(status.address), { timeout: 15_000 }).toBe(2);
    expect(await fetchOnlineUsers(status.address, { traceparent })).toBe(2);
    for (const program of [one, other, status]) await program.terminate();

    const batches = collector.spans.filter(isBatch);
    for (const batch of batches) {
      expect(batch).toMatchObject({
        kind: 1,
        parentSpanId: undefined,
        service: 'signalbox-presence-gateway',
        status: 0,
      });
      expect(batch.attributes['signalbox.presence.users']).toBe(1);
      const { 'signalbox.presence.oldest_ms': oldestMs, 'signalbox.presence.newest_ms': newestMs } = batch.attributes;
      expect(oldestMs).toBe(newestMs);
      expect(collector.spans.filter(named('INSERT online_users', batch))).toMatchObject([
        {
          ...{ kind: 3, traceId: batch.traceId, status: 0 },
          attributes: {
            ...{ 'db.system.name': 'postgresql', 'db.operation.name': 'INSERT', 'db.collection.name': 'online_users' },
            ...{ 'server.address': '127.0.0.1', 'server.port': cluster.port, 'signalbox.presence.users': 1 },
          },
        },
      ]);
    }
    // The last batches are stored after the users were disconnected.
    const connections = new Set(batches.map(({ attributes }) => attributes['signalbox.presence.connections']));
    expect(connections).toContain(1);
    const [asked] = collector.spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
    expect(asked).toMatchObject({
      ...{ name: method, kind: 2, traceId: parent.traceId, service: 'signalbox-presence-status', status: 0 },
      attributes: { 'rpc.system.name': 'grpc', 'rpc.response.status_code': 'OK', 'signalbox.presence.online_users': 2 },
    });
    const counts = collector.spans.filter(
      (span) => isCount(span) && span.attributes['signalbox.presence.cached'] === false,
    );
    for (const count of counts) {
      expect(collector.spans.filter(named('SELECT online_users', count))).toMatchObject([{ kind: 3 }]);
      for (const spanId of count.links) expect(batches.map((batch) => batch.spanId)).toContain(spanId);
    }
    const complete = counts.find(({ attributes }) => attributes['signalbox.presence.online_users'] === 2);
    const pids = (complete?.links ?? []).map(
      (spanId) => batches.find((batch) => batch.spanId === spanId)?.resource['process.pid'],
    );
    expect(new Set(pids)).toEqual(new Set([one.child.pid, other.child.pid]));
    expect(JSON.stringify(collector.requests)).not.toContain('nowhere');
  });

  test('a failed batch or count is a failed span, with a code and without a text', async () => {
    await using down = await PostgresCluster.start();
    await using collector = await startCollector();
    const options = ['--store', down.place(), '--traces', collector.url];
    await using gateway = await PresenceProgram.start('gateway', ...options);
    await using status = await PresenceProgram.start('status', ...options);
    await down.down('SIGKILL');
    await using _ann = new GrpcUser(gateway.address, { 'user-id': 'ann' });
    await gateway.line(/"store failing"/);
    await expect(fetchOnlineUsers(status.address)).rejects.toMatchObject({ code: 14 });
    for (const program of [gateway, status]) await program.terminate();
    const failed = { status: 2, attributes: { 'error.type': 'unavailable' } };
    const [batch] = collector.spans.filter(isBatch);
    expect(batch).toMatchObject(failed);
    expect(collector.spans.filter(named('INSERT online_users', batch))).toMatchObject([failed]);
    const [count] = collector.spans.filter(isCount);
    expect(count).toMatchObject({
      status: 2,
      attributes: { 'error.type': 'UNAVAILABLE', 'rpc.response.status_code': 'UNAVAILABLE' },
    });
    expect(collector.spans.filter(named('SELECT online_users', count))).toMatchObject([failed]);
    expect(JSON.stringify(collector.requests)).not.toContain('nobody listens');
  });
});

test('server --presence exports them with its own spans, and a cached count links to the original one', async () => {
  await using collector = await startCollector();
  await using server = await PresenceProgram.listening(
    ...['server', '--headless', '--bind', 'tcp://127.0.0.1:*', '--presence', '127.0.0.1:0', '--traces', collector.url],
  );
  await using _ann = new GrpcUser(server.address, { 'user-id': 'ann' });
  await expect.poll(() => fetchOnlineUsers(server.address), { timeout: 15_000 }).toBe(1);
  await fetchOnlineUsers(server.address, { traceparent });
  await server.terminate();
  for (const { service } of collector.spans) expect(service).toBe('signalbox-server');
  const counts = collector.spans.filter(isCount);
  const batches = collector.spans.filter(isBatch).map(({ spanId }) => spanId);
  const counted = counts.filter(({ attributes }) => attributes['signalbox.presence.online_users'] === 1);
  expect(counted.flatMap(({ links }) => links)).toEqual(expect.arrayContaining([expect.any(String)]));
  for (const { attributes, links } of counted) {
    const known = attributes['signalbox.presence.cached'] ? counts.map(({ spanId }) => spanId) : batches;
    expect(links).toHaveLength(1);
    expect(known).toContain(links[0]);
  }
});
