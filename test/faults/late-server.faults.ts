import { setTimeout as passing } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isAccepted, isOutcome, isRefused } from './matchers.ts';
import { Scene } from './scene.ts';
import { saidIn } from './wire-marks.ts';

/** How long there is no server. */
const absentMs = process.env.FULL === '1' ? 30_000 : 5_000;

/**
 * The types of messages except heartbeats in the bytes of a connection, client to server, in the order of their first
 * occurrence.
 */
const firstTypes = (bytes: Buffer): string[] =>
  [...new Set(saidIn(bytes).map(({ type }) => type))].filter((type) => type !== 'heartbeat-ack');

test('a server that starts long after its clients receives hello first, and no stale message', async () => {
  await using scene = await Scene.open();
  const proxy = await scene.startProxy();
  proxy.refuse();
  const clients = scene.startClients('w', { count: 20, port: proxy.port });
  await clients.log.until('a first try', ({ type }) => type === 'disconnected', { count: 20 });
  await passing(absentMs);
  await proxy.accept();
  const server = scene.startServer('--wait-clients', '20');
  await server.untilClients(20);
  server.type('ping');
  await scene.untilOutcomes(server, 20);
  await server.finish();
  // Attempts from before the server listened got no handshake and sent nothing.
  const talks = proxy.recorded.map(({ head }) => firstTypes(head)).filter(({ length }) => length > 0);
  expect(talks).toEqual(Array.from({ length: 20 }, () => ['hello', 'jobs-end', 'accepted', 'result']));
  expect(server.log.count(isRefused)).toBe(0);
  const seconds = server.log.lines.filter(isOutcome).map(({ result, ts }) => Number(ts) / 1000 - Number(result));
  expect(Math.max(...seconds)).toBeLessThan(2);
  scene.expectEachOnce(server, 20);
  scene.expectBegunOnce(20);
});

test('commands for a server that is gone for long are not run by the next one, and results are reported once', async () => {
  await using scene = await Scene.open();
  const proxy = await scene.startProxy();
  const first = scene.startServer('--wait-clients', '20');
  scene.startClients('w', { count: 20, port: proxy.port });
  first.type(`calculate ${scene.random.int(10, 40) / 10} done`);
  await first.log.until('accepted', isAccepted, { count: 20 });
  proxy.refuse();
  await first.kill();
  await passing(absentMs);
  await proxy.accept();
  const connections = proxy.recorded.length;
  const second = scene.startServer('--wait-clients', '20');
  second.type('wait --clients 20', 'wait', 'ping');
  await scene.untilOutcomes(second, 40);
  await second.finish();
  const talks = proxy.recorded.slice(connections).map(({ head }) => firstTypes(head));
  for (const types of talks.filter(({ length }) => length > 0))
    expect(types.slice(0, 3)).toEqual(['hello', 'job', 'jobs-end']);
  expect(second.log.count(isRefused)).toBe(0);
  expect(second.log.count(({ type }) => type === 'late')).toBe(0);
  scene.expectEachOnce(second, 40);
  scene.expectBegunOnce(40);
});
