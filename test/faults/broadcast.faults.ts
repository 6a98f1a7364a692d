import { expect, test } from 'vitest';
import type { Line } from '../support/line-log.ts';
import { isOutcome } from './matchers.ts';
import { Scene } from './scene.ts';

/**
 * A command for five clients: two answer, one refuses, one is killed during its work, one is stopped before it receives
 * it.
 */
async function broadcast(output: 'json' | 'text') {
  const scene = await Scene.open();
  const server = scene.startServer('--output', output, '--wait-clients', '5', '--lost-after', '1s');
  scene.startClients('good', { count: 2 });
  scene.startClients('unready', { unready: true });
  const killed = scene.startClients('killed');
  const stopped = scene.startClients('stopped');
  server.type('wait --clients 5', 'help ping');
  await server.log.until('all are here', ({ type, data }) => type === 'answer' || (data ?? '').includes('ping'));
  stopped.stop();
  server.type('@all calculate 2 done');
  await killed.log.until('its work', ({ type }) => type === 'begun');
  await killed.kill();
  const told = (client: string) => (line: Line) =>
    output === 'json'
      ? isOutcome(line) && line.client === client
      : new RegExp(`^${client.replace(/\d$/, '($&|\\[1-2\\])')}: 1 calculate `).test(line.data ?? '');
  // In order of arrival: nothing waits for the silent client.
  for (const client of ['good1', 'good2', 'unready', 'killed']) await server.log.until(client, told(client));
  return { scene, server, stopped };
}

const answered = { completed: ['good1', 'good2'], rejected: ['unready'] };

test('a broadcast ends with the names of the clients that answered, refused, and are lost', async () => {
  const { scene, server } = await broadcast('json');
  await using _ending = scene;
  const { summary } = await server.finish();
  const groups = server.log.lines.filter(({ type }) => type === 'group');
  expect(groups).toMatchObject([{ clients: 5, command: 'calculate' }]);
  expect(groups[0]?.names).toEqual({ ...answered, lost: ['killed', 'stopped'] });
  expect(summary).toMatchObject({ completed: 2, rejected: 1, lost: 2, exitCode: 6 });
  const jobs = [...scene.outcomes(server).values()].map((lines) => lines.length);
  expect(jobs).toEqual([1, 1, 1, 1, 1]);
});

test('a broadcast that is cut short names the clients that were silent until then', async () => {
  const { scene, server } = await broadcast('json');
  await using _ending = scene;
  server.terminate();
  const { exitCode, summary } = await server.finish();
  const groups = server.log.lines.filter(({ type }) => type === 'group');
  expect(groups.map(({ names }) => names)).toEqual([{ ...answered, lost: ['killed'], silent: ['stopped'] }]);
  expect(exitCode).toBe(143);
  expect(summary).toMatchObject({ completed: 2, rejected: 1, lost: 1 });
});

test.each([
  ['that is awaited', false, '2 completed, 1 rejected (unready), 2 lost (killed, stopped)'],
  ['that is cut short', true, '2 completed, 1 rejected (unready), 1 lost (killed), 1 silent (stopped)'],
] as const)('people read the same of a broadcast %s', async (_, isCutShort, expected) => {
  const { scene, server } = await broadcast('text');
  await using _ending = scene;
  if (isCutShort) server.terminate();
  else server.end();
  await server.exited;
  const lines = server.log.lines.flatMap(({ data }) => (data?.startsWith('all ') ? [data] : []));
  const [line = ''] = lines;
  expect(lines).toHaveLength(1);
  const [head, rest = ''] = [line.slice(0, 'all 5: 1 calculate: '.length), line.slice('all 5: 1 calculate: '.length)];
  expect(head).toBe('all 5: 1 calculate: ');
  expect(rest.split(/, (?=\d)/).toSorted()).toEqual(expected.split(/, (?=\d)/).toSorted());
});
