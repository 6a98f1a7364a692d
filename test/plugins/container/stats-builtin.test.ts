import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement } from '../../../src/index.ts';
import { containerStats } from '../../../src/plugins/container/contracts/container-stats.ts';
import { statsBuiltin } from '../../../src/plugins/container/usage/stats-builtin.ts';
import { openScene } from '../../support/in-process-shell.ts';

/** Jobs with the names of containers, which run until they are ended. */
const container = implement(
  defineCommand({
    name: 'container',
    summary: 'Wait.',
    args: z.strictObject({}),
    result: z.null(),
    example: 'container',
  }),
  async (_args, { signal }) => {
    if (!signal.aborted) await once(signal, 'abort');
    throw signal.reason;
  },
);

const usage = {
  ...{ atMs: 1, cpuPercent: 12.3, cpuMs: 5, memoryBytes: 7_853_444, memoryLimitBytes: null, pids: 2 },
  ...{ readBytes: 0, writtenBytes: 4_096, receivedBytes: 10, sentBytes: 20 },
};

/** Samples without an engine: one, or until it is ended. */
const sampling = implement(containerStats, async ({ jobs, count }, job) => {
  job.record({ containers: jobs.map((id) => ({ job: id, name: `of-${id}`, ...usage })) });
  if (count !== undefined) return { samples: count };
  if (!job.signal.aborted) await once(job.signal, 'abort');
  throw job.signal.reason;
});

const open = (options: { output?: 'text' | 'json' } = {}) =>
  openScene({ clients: ['w1', 'w2'], commands: [container, sampling], builtins: [statsBuiltin], ...options });

test('stats asks the client of each running container, and its rows have the numbers of the jobs', async () => {
  await using scene = await open();
  await scene.run('@w1 container', '@w2 container', '@w1 container', 'stats', 'stats 2');
  const rows = scene.said('stats');
  const numbers = rows.map(({ number, client }) => `${number}/${client}`);
  expect(numbers.slice(0, 3).sort()).toEqual(['1/w1', '2/w2', '3/w1']);
  expect(numbers.slice(3)).toEqual(['2/w2']);
  expect(rows[3]).toMatchObject({ client: 'w2', cpuPercent: 12.3, memoryBytes: 7_853_444, memoryLimitBytes: null });
});

test('text output is a table', async () => {
  await using scene = await open({ output: 'text' });
  await scene.run('@w1 container', 'stats');
  const at = scene.out.lines.findIndex((line) => line.startsWith('JOB'));
  expect(scene.out.lines.slice(at, at + 2).map((line) => line.split(/ {2,}/))).toEqual([
    ['JOB', 'CPU', 'MEMORY', 'OF', 'PIDS', 'READ', 'WRITTEN', 'RECEIVED', 'SENT', 'CONTAINER'],
    ['1/w1', '12.3 %', '7.85 MB', '-', '2', '0 B', '4.1 kB', '10 B', '20 B', expect.stringMatching(/^of-/)],
  ]);
});

test('without a running container it says so, and it fails for jobs that are not containers', async () => {
  await using scene = await open({ output: 'text' });
  await scene.run('stats');
  expect(scene.out.lines).toEqual(['no container is running']);
  await using other = await open();
  await other.run('@w1 container', 'cancel 1', 'wait 1', 'stats 1');
  expect(other.said('error')).toMatchObject([{ code: 'no_such_job' }]);
});

test('the end of the program ends sampling that would run until the containers end', async () => {
  await using scene = await open();
  await scene.run('@w1 container');
  const ran = scene.run('stats --every 2s 1');
  await scene.out.until('"type":"stats"');
  scene.end.abort(130);
  await ran;
  const sampled = (await scene.server.list()).find(({ command }) => command === 'container-stats');
  for (let job = sampled; job && job.state !== 'settled'; job = await scene.server.get(job)) await nextTurn();
  expect(sampled && (await scene.server.get(sampled)).outcome).toBe('cancelled');
  expect(scene.said('error')).toEqual([]);
});

test.each([
  'stats --every',
  'stats --every 0.1s',
  'stats --every=soon',
  'stats --count 3',
  'stats --every 1s --every 2s',
])('%s is refused before anything is sent', async (line) => {
  await using scene = await open();
  await scene.run(line);
  expect(scene.said('error')).toMatchObject([{ code: 'bad_usage' }]);
  expect(await scene.server.list()).toEqual([]);
});
