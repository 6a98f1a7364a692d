import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { noPostgres, PostgresCluster } from '../support/postgres-cluster.ts';
import { createRandom } from '../support/random.ts';
import { SchedulingScene } from './scheduling.ts';

const kills = Number(process.env.KILLS ?? 8);
const everyMs = 1_000;
const title = `over ${kills} kills of the server no planned time runs twice, and none is forgotten within catchUp`;

/**
 * Kills servers at any moment.
 * @param store undefined: SQLite, in the folder of the scene.
 */
async function killAtRandom(store: string | undefined): Promise<void> {
  const random = createRandom(Number(process.env.SEED ?? 1));
  const log = join(newFolder(), 'log');
  writeFileSync(log, '');
  const note = `"@w1 run sh -c 'echo $0 >> ${log}' \${run.plannedAt}"`;
  await using scene = await SchedulingScene.open({
    tick: `on: { every: 1s, catchUp: 1h, overlap: allow }\ntasks:\n  a: ${note}\n`,
  });
  const start = () => scene.start(store === undefined ? {} : { store });
  const planned = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((text) => Date.parse(text));
  for (let kill = 0; kill < kills; kill += 1) {
    await using server = start();
    await server.line(/"ready"/);
    await setTimeout(random.next() * 2_500);
    server.child.kill('SIGKILL');
  }
  await using last = start();
  await last.line(/"ready"/);
  const before = planned().length;
  // Missed times are caught up in order; then the present continues.
  const nowMs = Date.now();
  while (Math.max(...planned()) < nowMs + 2 * everyMs) await setTimeout(100);
  const times = planned().sort((a, b) => a - b);
  expect(times.length).toBeGreaterThan(before);
  expect(new Set(times).size).toBe(times.length);
  const [first = 0] = times;
  const wanted = Array.from({ length: (nowMs - first) / everyMs + 1 }, (_, at) => first + at * everyMs);
  expect(times.slice(0, wanted.length)).toEqual(wanted);
  last.child.kill('SIGKILL');
}

test(`SQLite: ${title}`, { timeout: kills * 60_000 }, () => killAtRandom(undefined));

describe.skipIf(noPostgres !== undefined)('PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start(['fsync = off']);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  test(title, { timeout: kills * 60_000 }, () => killAtRandom(cluster.place()));
});
