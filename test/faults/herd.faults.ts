import { expect, test } from 'vitest';
import { isAccepted, isConnected, isDisconnected, isOffline, isRefused } from './matchers.ts';
import { Scene } from './scene.ts';

const herd = 500;
const withinMs = 10_000;

test('500 clients that lose their server are all ready within 10 s of its return, and none is refused', async () => {
  await using scene = await Scene.open();
  const first = scene.startServer('--wait-clients', String(herd));
  const clients = scene.startClients('w', { count: herd });
  await first.untilClients(herd);
  first.type('ping');
  await scene.untilOutcomes(first, herd);
  scene.expectEachOnce(first, herd);

  const beforeKill = clients.log.lines.length;
  await first.kill();
  await clients.log.until('disconnected', isDisconnected, { count: herd, from: beforeKill });
  const beforeStart = clients.log.lines.length;
  const beganMs = performance.now();
  const second = scene.startServer('--wait-clients', String(herd));
  await second.untilClients(herd, 'ready', 0, withinMs);
  const tookMs = performance.now() - beganMs;
  process.stderr.write(`${herd} clients were back ${Math.round(tookMs)} ms after their server was started\n`);
  expect(clients.log.lines.slice(beforeStart).filter(isConnected)).toHaveLength(herd);
  expect(second.log.count(isRefused)).toBe(0);
  second.type('ping');
  await second.finish();
  expect(second.log.count(isOffline)).toBe(0);
  // Reports that the first one had not acknowledged when it was killed are repeated once.
  const [before, after] = [scene.outcomes(first), scene.outcomes(second)];
  const again = [...after].filter(([, lines]) => lines.some(({ adopted }) => adopted)).map(([key]) => key);
  expect(again.filter((key) => !before.has(key))).toEqual([]);
  scene.expectEachOnce(second, herd + again.length);
  scene.expectBegunOnce(2 * herd);
});

test('500 clients whose line is cut at the same moment are all ready in 10 s with their jobs', async () => {
  await using scene = await Scene.open();
  const proxy = await scene.startProxy();
  const server = scene.startServer('--wait-clients', String(herd));
  scene.startClients('w', { count: herd, port: proxy.port });
  server.type('calculate 3 done');
  await server.log.until('accepted', isAccepted, { count: herd });
  const from = server.log.lines.length;
  proxy.cut(scene.random.pick(['fin', 'rst']));
  await server.untilClients(herd, 'ready', from, withinMs);
  await scene.untilOutcomes(server, herd);
  await server.finish();
  expect(server.log.count(isRefused)).toBe(0);
  scene.expectEachOnce(server, herd);
  scene.expectBegunOnce(herd);
});
