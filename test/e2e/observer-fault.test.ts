import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Program } from '../support/program.ts';

test('an observer of a plug-in that throws at every event is named once on standard error and in the log, and breaks nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-observer-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [plugin, log] = [join(folder, 'faulty.mjs'), join(folder, 'log')];
  const observers = [
    "{ name: 'faulty', on() { throw new Error('broken'); } }",
    "{ name: 'stuck', on: () => new Promise(() => {}) }",
  ];
  writeFileSync(
    plugin,
    `import { definePlugin } from 'signalbox';
     export default definePlugin({
       name: 'faulty', apiVersion: 1,
       setup(host) { for (const one of [${observers.join(', ')}]) host.observer(one); },
     });`,
  );
  const script = ['--spawn', '2', '--output', 'json', '-c', 'start; ping; calculate 0 x'];
  await using server = new Program('server', '--plugin', plugin, '--log', log, ...script);
  expect(await server.exitCode()).toBe(0);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', completed: 6, exitCode: 0 });
  expect(server.err.filter((line) => line.includes('broken'))).toEqual(['observer faulty failed: broken']);
  const records: Record<string, unknown>[] = readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records.filter(({ level }) => level === 'error')).toMatchObject([
    { source: 'observer faulty', reason: 'broken', msg: 'code failed' },
  ]);
});
