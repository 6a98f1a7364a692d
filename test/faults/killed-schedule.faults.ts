import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram } from '../support/program.ts';
import { createRandom } from '../support/random.ts';

const program = fileURLToPath(new URL('scheduling-server.ts', import.meta.url));
const kills = Number(process.env.KILLS ?? 8);
const everyMs = 1_000;

test(`over ${kills} kills of the server no planned time runs twice, and none is forgotten within catchUp`, {
  timeout: kills * 60_000,
}, async () => {
  const random = createRandom(Number(process.env.SEED ?? 1));
  const folder = newFolder();
  const [path, log, flows] = ['store.db', 'log', 'flows'].map((name) => join(folder, name)) as [string, string, string];
  mkdirSync(flows);
  writeFileSync(log, '');
  writeFileSync(
    join(flows, 'tick.yaml'),
    `on: { every: 1s, catchUp: 1h, overlap: allow }\ntasks:\n  a: "@w1 run sh -c 'echo $0 >> ${log}' \${run.plannedAt}"\n`,
  );
  const bind = `ipc://${join(folder, 'server.sock')}`;
  const start = () => new ChildProgram(process.execPath, [program, path, bind, flows]);
  await using _client = await startClient({ endpoint: bind }, { name: 'w1', allow: ['run'] });
  const planned = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((text) => Date.parse(text));
  for (let kill = 0; kill < kills; kill += 1) {
    await using server = start();
    await server.line(/started/);
    await setTimeout(random.next() * 2_500);
    server.child.kill('SIGKILL');
  }
  await using last = start();
  await last.line(/started/);
  const before = planned().length;
  // What was missed is made up for, in order; then the present goes on.
  const nowMs = Date.now();
  while (Math.max(...planned()) < nowMs + 2 * everyMs) await setTimeout(100);
  const times = planned().sort((a, b) => a - b);
  expect(times.length).toBeGreaterThan(before);
  expect(new Set(times).size).toBe(times.length);
  const [first = 0] = times;
  const wanted = Array.from({ length: (nowMs - first) / everyMs + 1 }, (_, at) => first + at * everyMs);
  expect(times.slice(0, wanted.length)).toEqual(wanted);
  last.child.kill('SIGKILL');
});
