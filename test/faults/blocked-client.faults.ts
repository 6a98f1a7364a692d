import { expect, test } from 'vitest';
import { isAccepted, isConnected, isOffline, isUnresponsive } from './matchers.ts';
import { Scene } from './scene.ts';

test('a client whose event loop blocks for 5 s is unresponsive, then back, and loses and repeats nothing', async () => {
  await using scene = await Scene.open();
  const server = scene.startServer();
  const client = scene.startClients('w1');
  const other = scene.startClients('w2');
  const waiting = scene.random.int(5, 20);
  await server.untilClients(2);
  server.type('@w1 calculate 2 before', '@w1 calculate 5 block');
  await server.log.until('accepted', isAccepted, { count: 2 });
  const silent = await server.log.until('unresponsive', isUnresponsive, { timeoutMs: 9_000 });
  expect(silent.client).toBe('w1');
  // On a busy machine it may be back already.
  const from = server.log.lines.findIndex(isUnresponsive);
  server.type(...Array.from({ length: waiting }, () => '@all ping'));
  await server.untilClients(1, 'ready', from);
  await scene.untilOutcomes(server, 2 + 2 * waiting);
  server.type('@w1 ping');
  await scene.untilOutcomes(server, 3 + 2 * waiting);
  const { summary } = await server.finish();
  expect(server.log.count(isUnresponsive)).toBe(1);
  expect(server.log.count(isOffline)).toBe(0);
  for (const { log } of [client, other]) expect(log.count(isConnected)).toBe(1);
  expect(summary).toMatchObject({ completed: 3 + 2 * waiting, lost: 0, exitCode: 0 });
  scene.expectEachOnce(server, 3 + 2 * waiting);
  scene.expectBegunOnce(3 + 2 * waiting);
});
