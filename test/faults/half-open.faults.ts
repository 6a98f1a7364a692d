import { expect, test } from 'vitest';
import type { Direction, Side } from '../support/proxy.ts';
import { isAccepted, isConnected, isDisconnected, isOffline, isUnresponsive } from './matchers.ts';
import { Scene } from './scene.ts';

/** A client that has a short job and one of `seconds`, which outlasts the fault. */
async function busyScene(seconds: number) {
  const scene = await Scene.open();
  const proxy = await scene.startProxy();
  const server = scene.startServer();
  const client = scene.startClients('w1', { port: proxy.port });
  server.type('@w1 calculate 2 first', `@w1 calculate ${seconds} second`);
  await server.log.until('accepted', isAccepted, { count: 2 });
  return { scene, proxy, server, client, fromServer: server.log.lines.length, fromClient: client.log.lines.length };
}

const sides: readonly { gone: Side; kept: string; withinMs: number; seconds: number }[] = [
  // The client's end is closed: it reconnects at once. The server's end stays open without a peer.
  { gone: 'client', kept: 'server', withinMs: 3_000, seconds: 4 },
  // The server's end is closed. The client's stays open and silent: only its own watchdog can find that.
  { gone: 'server', kept: 'client', withinMs: 15_000, seconds: 14 },
];

test.each(sides)('a half-open link that only the $kept still has is replaced, and nothing is lost', async (one) => {
  const { scene, proxy, server, client, fromServer, fromClient } = await busyScene(one.seconds);
  await using _ending = scene;
  proxy.halfClose(one.gone, scene.random.pick(['fin', 'rst']));
  await client.log.until('connected again', isConnected, { from: fromClient, timeoutMs: one.withinMs });
  await server.untilClients(1, 'ready', fromServer, 2_000);
  server.type('@w1 ping');
  await scene.untilOutcomes(server, 3);
  await server.finish();
  scene.expectEachOnce(server, 3);
  scene.expectBegunOnce(3);
});

test('a command for a client at the far end of a half-open link waits and runs once', async () => {
  const { scene, proxy, server, client, fromClient } = await busyScene(4);
  await using _ending = scene;
  // Nothing returns from the client: the server sees silence, and the command is in transit.
  proxy.freeze('up');
  server.type('@w1 ping');
  await client.log.until('begun', ({ type }) => type === 'begun', { from: fromClient, timeoutMs: 5_000 });
  proxy.halfClose('client', 'fin');
  proxy.thaw();
  await client.log.until('connected again', isConnected, { from: fromClient, timeoutMs: 8_000 });
  await scene.untilOutcomes(server, 3);
  await server.finish();
  scene.expectEachOnce(server, 3);
  scene.expectBegunOnce(3);
});

const freezes: readonly { how: string; directions: readonly Direction[] }[] = [
  { how: 'from client to server', directions: ['up'] },
  { how: 'from server to client', directions: ['down'] },
  { how: 'both ways', directions: ['up', 'down'] },
];

test.each(freezes)('a link that is dead $how for some seconds is noticed, and its session survives', async (one) => {
  const { scene, proxy, server, client, fromClient } = await busyScene(9);
  await using _ending = scene;
  proxy.freeze(...one.directions);
  server.type('@w1 ping');
  // In one of the cases the short job is still received.
  await server.log.until('unresponsive', isUnresponsive, { timeoutMs: 9_000 });
  const from = server.log.lines.length;
  proxy.thaw();
  await server.untilClients(1, 'ready', from, 3_000);
  await scene.untilOutcomes(server, 3);
  expect(server.log.count(isOffline)).toBe(0);
  expect(client.log.lines.slice(fromClient).filter(isDisconnected)).toEqual([]);
  await server.finish();
  scene.expectEachOnce(server, 3);
  scene.expectBegunOnce(3);
});

test.each(freezes)('a link that is dead $how for over 10 s costs the session and no job', async (one) => {
  const { scene, proxy, server, client, fromServer, fromClient } = await busyScene(14);
  await using _ending = scene;
  proxy.freeze(...one.directions);
  server.type('@w1 ping');
  await server.log.until('offline', isOffline, { from: fromServer, timeoutMs: 20_000 });
  await client.log.until('disconnected', isDisconnected, { from: fromClient, timeoutMs: 25_000 });
  const from = server.log.lines.length;
  proxy.thaw();
  await server.untilClients(1, 'ready', from, 10_000);
  await scene.untilOutcomes(server, 3);
  await server.finish();
  scene.expectEachOnce(server, 3);
  scene.expectBegunOnce(3);
});

test('a link that recovers after only the server has given it up carries nothing stale into a session', async () => {
  const { scene, proxy, server, client, fromServer, fromClient } = await busyScene(14);
  await using _ending = scene;
  proxy.freeze('up');
  server.type('@w1 ping');
  await server.log.until('offline', isOffline, { from: fromServer, timeoutMs: 20_000 });
  expect(client.log.lines.slice(fromClient).filter(isDisconnected)).toEqual([]);
  const from = server.log.lines.length;
  proxy.thaw();
  const told = await client.log.until('being told', isDisconnected, { from: fromClient, timeoutMs: 5_000 });
  expect(told.error?.code).toBe('unknown_session');
  await server.untilClients(1, 'ready', from, 5_000);
  await scene.untilOutcomes(server, 3);
  await server.finish();
  scene.expectEachOnce(server, 3);
  scene.expectBegunOnce(3);
});
