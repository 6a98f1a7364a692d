import { setTimeout as passing } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ServerProgram } from '../support/processes.ts';
import { isAccepted, isConnected, isOffline } from './matchers.ts';
import { Scene } from './scene.ts';
import { chatterLine } from './test-commands.ts';
import { messageMark } from './wire-marks.ts';

const endings = ['fin', 'rst'] as const;
const chatterLines = 8_000;

test('output continues at its offset when the link is cut in the middle of it: no byte is repeated or missing', async () => {
  await using scene = await Scene.open();
  const proxy = await scene.startProxy();
  const server = scene.startServer();
  const client = scene.startClients('w1', { port: proxy.port });
  server.type(`@w1 calculate 4 "chatter ${chatterLines}"`);
  await server.log.until('accepted', isAccepted);
  for (let cut = 0; cut < 4; cut += 1) {
    const connected = client.log.lines.length;
    await proxy.cutAfterBytes('up', scene.random.int(1, 80_000), scene.random.pick(endings));
    await client.log.until('connected again', isConnected, { from: connected, timeoutMs: 5_000 });
  }
  await scene.untilOutcomes(server, 1);
  await server.finish();
  const output = server.log.lines.filter(({ type }) => type === 'output');
  let offset = 0;
  for (const line of output) {
    expect(line.offset).toBe(offset);
    offset += line.data?.length ?? 0;
  }
  const sent = Array.from({ length: chatterLines }, (_, index) => chatterLine(index)).join('');
  expect(output.map(({ data }) => data).join('') === sent).toBe(true);
  scene.expectEachOnce(server, 1);
  scene.expectBegunOnce(1);
});

/** The message that does not get through, its maximum number among those of its type, and when that is. */
const cuts = [
  { direction: 'down', type: 'command', most: 5, when: 'a command is lost between send and accept' },
  { direction: 'up', type: 'accepted', most: 5, when: 'an acceptance is lost between send and accept' },
  { direction: 'up', type: 'result', most: 5, when: 'a result is lost between finish and ack' },
  // One that names the jobs of two seconds.
  { direction: 'down', type: 'ack', most: 1, when: 'an ack is lost between finish and ack' },
] as const;

test.each(cuts)('each command begins once and ends once when $when', async ({ direction, type, most }) => {
  await using scene = await Scene.open();
  const proxy = await scene.startProxy();
  const server = scene.startServer();
  scene.startClients('w1', { port: proxy.port });
  await server.untilClients(1);
  const jobs = scene.random.int(5, 30);
  const cut = proxy.cutAt(direction, messageMark(type), scene.random.pick(endings), scene.random.int(1, most));
  // Long enough that all are accepted before the first one ends: nothing is sent to an offline client.
  server.type(...Array.from({ length: jobs }, () => `@w1 calculate ${scene.random.int(15, 25) / 10} done`));
  await cut;
  const offline = await server.log.until('offline', isOffline, { timeoutMs: 5_000 });
  expect(offline.client).toBe('w1');
  await expectAllCompleted(scene, server, jobs);
});

/** Messages at the start of a session. */
const openings = [
  { direction: 'up', type: 'hello' },
  { direction: 'down', type: 'welcome' },
  { direction: 'up', type: 'job' },
  { direction: 'up', type: 'jobs-end' },
  { direction: 'down', type: 'fetch' },
] as const;

test.each(openings)('each command begins once and ends once when the link is cut, and again at $type', async (one) => {
  await using scene = await Scene.open();
  const proxy = await scene.startProxy();
  const server = scene.startServer();
  scene.startClients('w1', { port: proxy.port });
  const jobs = scene.random.int(5, 30);
  server.type(...Array.from({ length: jobs }, () => `@w1 calculate ${scene.random.int(5, 25) / 10} done`));
  await server.log.until('accepted', isAccepted, { count: jobs });
  const cut = proxy.cutAt(one.direction, messageMark(one.type), scene.random.pick(endings));
  proxy.cut(scene.random.pick(endings));
  await cut;
  await expectAllCompleted(scene, server, jobs);
});

async function expectAllCompleted(scene: Scene, server: ServerProgram, jobs: number): Promise<void> {
  await scene.untilOutcomes(server, jobs);
  const { summary } = await server.finish();
  expect(summary).toMatchObject({ completed: jobs, lost: 0, exitCode: 0 });
  scene.expectEachOnce(server, jobs);
  scene.expectBegunOnce(jobs);
}

test('a line that refuses connections for 3 s and is slow after that loses nothing', async () => {
  await using scene = await Scene.open();
  const proxy = await scene.startProxy();
  const server = scene.startServer('--wait-clients', '3');
  scene.startClients('w', { port: proxy.port, count: 3 });
  server.type('calculate 1 first', 'calculate 5 second');
  await server.log.until('accepted', isAccepted, { count: 6 });
  proxy.refuse();
  proxy.cut('rst');
  await server.log.until('offline', isOffline, { count: 3, timeoutMs: 5_000 });
  await passing(3_000);
  proxy.delay(scene.random.int(50, 300));
  const from = server.log.lines.length;
  await proxy.accept();
  await server.untilClients(3, 'ready', from, 10_000);
  server.type('ping');
  await scene.untilOutcomes(server, 9);
  await server.finish();
  scene.expectEachOnce(server, 9);
  scene.expectBegunOnce(9);
});
