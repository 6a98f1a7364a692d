import { afterAll, afterEach, describe, expect, inject, test } from 'vitest';
import { hasTmux, Screen } from '../support/tmux.ts';
import { compose, containers, project, runCompose, startCompose, written } from './compose.ts';
import { docker, inspect } from './docker.ts';

const lastOfTour = '9 terminate completed: now terminating';

describe.skipIf(!inject('images').built)('the compose file', () => {
  afterEach(() => runCompose('down --timeout 15'));
  afterAll(() => runCompose('down --volumes'));

  test('up --no-build runs the tour and ends with 0; nothing keeps running', async () => {
    await using up = startCompose('up --no-build');
    expect(await up.exitCode()).toBe(0);
    const said = up.out.join('\n');
    expect(said).toContain('> @w1 calculate 1 "one second of work on w1"');
    expect(said).toContain('w1: 7 calculate cancelled');
    expect(said).toContain(lastOfTour);
    const all = await containers('--all');
    expect(all).toHaveLength(5);
    const ends = await Promise.all(all.map((one) => inspect(one, '.State.Status}} {{.State.ExitCode')));
    expect(ends).toEqual(Array.from({ length: 5 }, () => 'exited 0'));
  });

  test('the next two tests follow docs/operating.md', () => {
    expect(written.map((line) => line.split(' ')[0])).toEqual(['up', 'run', 'up', 'run', 'down']);
  });

  test('the tour of docs/operating.md runs from nothing, as text and as JSON: 0', async () => {
    for (const line of written.slice(0, 2)) {
      await runCompose('down --volumes');
      expect(await runCompose(line)).toContain(lastOfTour);
      await expect.poll(() => containers(), { timeout: 30_000 }).toEqual([]);
    }
  });

  test.skipIf(!hasTmux)(
    'the clients and the prompt of docs/operating.md run, until everything is removed',
    async () => {
      const [clients = '', prompt = '', end = ''] = written.slice(2);
      await runCompose(clients);
      const five = await containers();
      expect(five).toHaveLength(5);
      const names = await Promise.all(five.map((one) => inspect(one, '.Config.Hostname')));
      {
        const terminal = { columns: 200, env: { COMPOSE_PROJECT_NAME: project } };
        await using screen = await Screen.with([...compose, ...prompt.split(' ')], terminal);
        await screen.until(/5\/5 ready/);
        await screen.keys('ping', 'Enter');
        // Clients that answer together share a line.
        for (const name of names) await screen.until(new RegExp(`^✓ .*client-${name}.* 1 ping +completed`, 'm'));
        await screen.keys('C-d');
        await screen.until(/exit code 0/);
      }
      expect((await containers()).sort()).toEqual(five.sort());
      await runCompose(end);
      expect(await containers('--all')).toEqual([]);
      expect(await docker('volume', 'ls', '--quiet', '--filter', `label=com.docker.compose.project=${project}`)).toBe(
        '',
      );
    },
  );

  test('a container has only its own credential, and its root is read-only', async () => {
    await runCompose('up --detach --no-build --scale client=2 w1 client');
    const look = 'ls -a /keys /hand-out 2>/dev/null; grep \'"name"\' /credentials/*';
    const running = await containers();
    const seen = await Promise.all(running.map((one) => docker('exec', one, 'sh', '-c', look)));
    const names = seen.map((text) => text.replaceAll(/[\s,]/g, ''));
    expect(names.sort()).toEqual(['"name":"client"', '"name":"client"', '"name":"w1"']);
    const readOnly = await Promise.all(running.map((one) => inspect(one, '.HostConfig.ReadonlyRootfs')));
    expect(readOnly).toEqual(['true', 'true', 'true']);
    const folder = await runCompose('run --rm -T --entrypoint find server /keys -type f');
    const files = ['/keys/box/.gitignore', '/keys/box/allow-list.json', '/keys/box/server.json'];
    expect(folder.split(/\s+/).sort()).toEqual(files);
  });
});
