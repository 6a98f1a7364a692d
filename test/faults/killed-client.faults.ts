import { expect, test } from 'vitest';
import { isAccepted, isBegun, isConnected, isOffline, isRefused } from './matchers.ts';
import { Scene } from './scene.ts';

test('a job of a client that is killed and stays away is lost after --lost-after', async () => {
  await using scene = await Scene.open();
  const server = scene.startServer('--lost-after', '2s');
  const client = scene.startClients('w1');
  server.type('@w1 calculate 60 never');
  await server.log.until('accepted', isAccepted);
  // It is accepted before it is started.
  await client.log.until('begun', isBegun);
  await client.kill();
  const offline = await server.log.until('offline', isOffline, { timeoutMs: 5_000 });
  const lost = await server.log.until('lost', ({ outcome }) => outcome === 'lost');
  expect(Number(lost.ts) - Number(offline.ts)).toBeGreaterThanOrEqual(1_990);
  // Not the default of 60 s.
  expect(Number(lost.ts) - Number(offline.ts)).toBeLessThan(20_000);
  const { exitCode, summary } = await server.finish();
  expect({ exitCode, lost: summary.lost }).toEqual({ exitCode: 6, lost: 1 });
  scene.expectEachOnce(server, 1, 'lost');
  scene.expectBegunOnce(1);
});

test('a job of a killed client is lost when the client is restarted, which accepts work at once', async () => {
  await using scene = await Scene.open();
  const server = scene.startServer();
  const first = scene.startClients('w1');
  const jobs = scene.random.int(1, 20);
  server.type(...Array.from({ length: jobs }, () => '@w1 calculate 60 never'));
  await server.log.until('accepted', isAccepted, { count: jobs });
  await first.log.until('begun', isBegun, { count: jobs });
  await first.kill();
  const second = scene.startClients('w1');
  await second.log.until('connected', isConnected);
  await scene.untilOutcomes(server, jobs);
  scene.expectEachOnce(server, jobs, 'lost');
  server.type('@w1 ping');
  await scene.untilOutcomes(server, jobs + 1);
  const { summary } = await server.finish();
  expect(summary).toMatchObject({ completed: 1, lost: jobs });
  scene.expectBegunOnce(jobs + 1);
});

test('a second client of a taken name gets an error, and joins when the first is killed; jobs print once', async () => {
  await using scene = await Scene.open();
  const server = scene.startServer();
  const first = scene.startPlainClient('w1');
  server.type('@w1 calculate 0.1 one', '@w1 calculate 60 never');
  await scene.untilOutcomes(server, 1);
  const second = scene.startPlainClient('w1');
  await server.log.until('refused', isRefused);
  await second.said.until('being told', ({ data }) => data?.includes('a client named w1 is connected') ?? false);
  const from = server.log.lines.length;
  await first.kill();
  await server.untilClients(1, 'ready', from, 5_000);
  server.type('@w1 calculate 0.1 two');
  const { summary } = await server.finish();
  expect(summary).toMatchObject({ completed: 2, lost: 1, exitCode: 6 });
  const printed = [first, second].map(({ log }) => log.lines.map(({ data }) => data));
  expect(printed).toEqual([['one'], ['two']]);
});
