import { setTimeout as passing } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isAccepted, isConnected, isDisconnected, isOffline, isReady, isUnresponsive } from './matchers.ts';
import { Scene } from './scene.ts';

test('a client that is stopped for 5 s is unresponsive, then back in the same session with its jobs', async () => {
  await using scene = await Scene.open();
  const server = scene.startServer();
  const client = scene.startClients('w1');
  server.type('@w1 calculate 3 first', '@w1 calculate 6 second');
  await server.log.until('accepted', isAccepted, { count: 2 });
  client.stop();
  await server.log.until('unresponsive', isUnresponsive, { timeoutMs: 9_000 });
  server.type('@w1 ping');
  await passing(scene.random.int(1_500, 2_500));
  const from = server.log.lines.length;
  client.cont();
  await server.log.until('ready again', isReady, { from, timeoutMs: 5_000 });
  await scene.untilOutcomes(server, 3);
  await server.finish();
  expect(server.log.count(isOffline)).toBe(0);
  expect(client.log.count(isConnected)).toBe(1);
  scene.expectEachOnce(server, 3);
  scene.expectBegunOnce(3);
});

test('a client that is stopped for over 10 s loses its session but none of its jobs', async () => {
  await using scene = await Scene.open();
  const server = scene.startServer();
  const client = scene.startClients('w1');
  server.type('@w1 calculate 3 first', '@w1 calculate 14 second');
  await server.log.until('accepted', isAccepted, { count: 2 });
  client.stop();
  await server.log.until('unresponsive', isUnresponsive, { timeoutMs: 9_000 });
  // In transit when the session ends: sent again after that.
  server.type('@w1 ping');
  await server.log.until('offline', isOffline, { timeoutMs: 20_000 });
  const from = server.log.lines.length;
  client.cont();
  await server.log.until('ready again', isReady, { from, timeoutMs: 5_000 });
  await scene.untilOutcomes(server, 3);
  await server.finish();
  scene.expectEachOnce(server, 3);
  scene.expectBegunOnce(3);
});

test('a server that is stopped for 5 s keeps its sessions, and does not blame clients for its own gap', async () => {
  await using scene = await Scene.open();
  // More than the server has slots for heartbeats: any slot that comes first after the gap has a client to judge.
  const server = scene.startServer('--wait-clients', '40');
  const clients = scene.startClients('w', { count: 40 });
  server.type('calculate 2 first', 'calculate 7 second');
  await server.log.until('accepted', isAccepted, { count: 80 });
  server.stop();
  await passing(scene.random.int(4_000, 6_000));
  server.cont();
  await scene.untilOutcomes(server, 80);
  await server.finish();
  expect(server.log.count(isUnresponsive)).toBe(0);
  expect(server.log.count(isOffline)).toBe(0);
  expect(clients.log.count(isConnected)).toBe(40);
  scene.expectEachOnce(server, 80);
  scene.expectBegunOnce(80);
});

test('a server that is stopped for over 10 s gets its clients and all outcomes back', async () => {
  await using scene = await Scene.open();
  const server = scene.startServer('--wait-clients', '5');
  const clients = scene.startClients('w', { count: 5 });
  server.type('calculate 2 first', 'calculate 13 second', 'calculate 20 third');
  await server.log.until('accepted', isAccepted, { count: 15 });
  const beforeStop = clients.log.lines.length;
  server.stop();
  await clients.log.until('disconnected', isDisconnected, { count: 5, from: beforeStop, timeoutMs: 15_000 });
  await passing(scene.random.int(500, 3_000));
  const from = server.log.lines.length;
  server.cont();
  await server.untilClients(5, 'ready', from, 10_000);
  await scene.untilOutcomes(server, 15);
  await server.finish();
  scene.expectEachOnce(server, 15);
  scene.expectBegunOnce(15);
});
