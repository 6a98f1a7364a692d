import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { main } from '../../support/program.ts';
import { hasTmux, Screen } from '../../support/tmux.ts';
import { RunningServer } from './running-server.ts';

async function openPrompt({ folder }: RunningServer, name: string): Promise<Screen> {
  const program = [process.execPath, main, 'attach', '--socket-dir', folder, '--as', name];
  const screen = await Screen.with(program, { columns: 100 });
  onTestFinished(() => screen[Symbol.asyncDispose]());
  await screen.until(new RegExp(`as local:${name}[\\s\\S]*signalbox> +2/2 ready$`, 'm'));
  return screen;
}

// .ci/run installs tmux.
describe.skipIf(!hasTmux)('two prompts at one server', { timeout: 60_000 }, () => {
  test('each shows the other operator by name; one leaves, and both outlive their server', async () => {
    const server = await RunningServer.start('w1', 'w2');
    const [ana, bob] = await Promise.all([openPrompt(server, 'ana'), openPrompt(server, 'bob')]);
    await ana.keys('@w1 calculate 600 long', 'Enter');
    await ana.until(/^1 calculate → w1$/m);
    await bob.until(/^local:ana: 1 calculate → w1$/m);
    await bob.keys('@w1 ping', 'Enter');
    await ana.until(/^local:bob: 2 ping → w1\n✓ w1 {2}2 ping/m);

    await server.kill();
    await Promise.all([ana, bob].map((screen) => screen.until(/^the server is away; waiting for it$[\s\S]*> +…/m)));
    await server.killClient('w2');
    await server.startServer();
    await Promise.all(
      [ana, bob].map((screen) => screen.until(/^the server is back; it was restarted[\s\S]*> +1\/1 ready/m)),
    );
    await bob.keys('@w1 ping', 'Enter');
    await ana.until(/^local:bob: 3 ping → w1\n[\s\S]*^✓ w1 {2}3 ping/m);

    await ana.keys('C-d');
    const rows = await ana.until(/exit code 0/);
    expect(rows.join('\n')).toContain(
      'still running: 1 calculate on w1; to check again: signalbox attach --socket-dir ',
    );
    expect(rows.join('\n')).not.toContain('?');
    await bob.keys('@w1 ping', 'Enter');
    await bob.until(/✓ w1 {2}4 ping/);
    expect((await bob.rows()).join('\n')).not.toMatch(/calculate +(?:cancelled|lost|failed)/);
  });
});

test('two programs received exactly the log of the server, without gaps or duplicates, although it was killed', {
  timeout: 60_000,
}, async () => {
  const server = await RunningServer.start('w1', 'w2');
  const watchers = ['ana', 'bob'].map((name) => server.attach('--events', '--output', 'json', '--as', name));
  for (const [at, watcher] of watchers.entries()) {
    watcher.type('@all ping');
    await watcher.line(
      new RegExp(`"command":"ping","outcome":"completed".*"actor":"local:${['ana', 'bob'][at]}"|"summary"|"group"`),
    );
  }
  watchers[0]?.type('@all run sh -c "for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.2; done"');
  await watchers[1]?.line(/"type":"output".*"data":"1\\n"/);
  await server.kill();
  await server.startServer();
  for (const watcher of watchers) {
    for (const client of ['w1', 'w2'])
      await watcher.line(new RegExp(`"client":"${client}".*"command":"run","outcome":"completed"`));
  }
  for (const watcher of watchers) watcher.type('@all ping').end();
  for (const watcher of watchers) expect(await watcher.exitCode()).toBe(0);
  await server.kill();

  await using store = await openSqliteStore({ path: join(server.folder, 'jobs.db') });
  const { events } = await store.events(1, 10_000);
  for (const watcher of watchers) {
    const told = watcher.json.flatMap(({ seq }) => (seq === undefined ? [] : [Number(seq)]));
    const [first = 0] = told;
    const last = told.at(-1) ?? 0;
    expect(told.length).toBeGreaterThan(20);
    expect(told).toEqual(events.map(({ seq }) => seq).filter((seq) => seq >= first && seq <= last));
    for (const client of ['w1', 'w2']) {
      const output = watcher.json.filter((line) => line.type === 'output' && line.client === client);
      expect(output.map(({ data }) => data).join('')).toBe('1\n2\n3\n4\n5\n6\n7\n8\n9\n');
    }
  }
});
