import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createServer, openSqliteStore } from '../../src/index.ts';
import plugin from '../../src/plugins/check/plugin.ts';
import { openSite } from '../plugins/check/support/bad-site.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';
import { createRandom } from '../support/random.ts';

const kills = Number(process.env.KILLS ?? 8);

test('a server that is killed at any time holds each check once, and reports each change once', async () => {
  const folder = newFolder();
  const [bind, path, config] = [`ipc://${join(folder, 's')}`, join(folder, 'store.db'), join(folder, 'config.yaml')];
  let isUp = false;
  await using site = await openSite({
    '/': (socket) => {
      isUp = !isUp;
      socket.end(`HTTP/1.1 ${isUp ? '200 OK' : '503 Oh'}\r\ncontent-length: 0\r\n\r\n`);
    },
    '/steady': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  });
  const lines = [
    `  flaps: check --every 1s --name flaps ${site.origin}/`,
    `  steady: check --every 1s --name steady ${site.origin}/steady`,
  ];
  writeFileSync(config, `plugins:\n  signalbox/check:\nstanding:\n${lines.join('\n')}\n`);
  const common = ['--plugin', 'signalbox/check'];
  await using _client = new Program(
    'client',
    '--connect',
    bind,
    '--name',
    'w1',
    '--ready',
    '--check-private',
    '--quiet',
    ...common,
  );
  const faults = createRandom(Number(process.env.FAULTS_SEED ?? 1));
  for (let count = 0; count < kills; count += 1) {
    const server = new Program('server', '--headless', '--bind', bind, '--store', `sqlite:${path}`, '--config', config);
    await setTimeout(faults.int(1_000, 4_000));
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
  }
  await using store = await openSqliteStore({ path });
  await using server = await createServer({ bind, store, plugins: [plugin] });
  await using reader = server.watch({ from: 1 });
  const told: unknown[] = [];
  for await (const event of reader) {
    if (event.type === 'plugin' && event.facts.check === 'flaps') told.push(event.event);
    // Later events are from this server, and the checks continue.
    if (event.type === 'job.records' && event.records.length > 0) break;
  }
  const running = (await server.list({ state: 'running' })).map(({ args }) => args.name).sort();
  expect(running).toEqual(['flaps', 'steady']);
  expect(told.length).toBeGreaterThan(2);
  const expected = told.map((_, index) => (index % 2 === 0 ? 'check.down' : 'check.up'));
  expect(told).toEqual(told[0] === 'check.down' ? expected : []);
}, 120_000);
