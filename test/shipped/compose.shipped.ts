import { afterAll, afterEach, describe, expect, inject, test } from 'vitest';
import { ChildProgram } from '../e2e/program.ts';
import { compose, docker, inspect, output, project, signalFromOutside } from './docker.ts';

const [file = '', ...flags] = compose;
/** The containers of the project that run; with `--all` also those that have ended. */
const containers = async (...which: string[]) => {
  const label = `label=com.docker.compose.project=${project}`;
  return (await docker('ps', ...which, '--quiet', '--no-trunc', '--filter', label)).split('\n').filter(Boolean);
};
const state = (container: string) => inspect(container, '.State.Status');

describe.skipIf(!inject('images').built)('the compose file', () => {
  afterEach(() => output(...compose, 'down', '--timeout', '15'));
  afterAll(() => output(...compose, 'down', '--volumes'));

  test('up runs the tour and ends with 0; nothing is left running', async () => {
    await using up = new ChildProgram(file, [...flags, 'up', '--no-build', '--no-color']);
    expect(await up.exitCode()).toBe(0);
    const said = up.out.join('\n');
    expect(said).toContain('> @w1 calculate 1 "one second of work on w1"');
    expect(said).toContain('w1: 7 calculate cancelled');
    expect(said).toContain('all 3: 9 terminate: 3 completed');
    const all = await containers('--all');
    expect(all).toHaveLength(5);
    const ends = await Promise.all(all.map((one) => inspect(one, '.State.Status}} {{.State.ExitCode')));
    expect(ends).toEqual(Array.from({ length: 5 }, () => 'exited 0'));
  });

  test('for scripts, from nothing: the exit code is that of the tour', async () => {
    await output(...compose, 'down', '--volumes');
    await using up = new ChildProgram(file, [...flags, 'run', '--rm', '-T', '--use-aliases', 'tour']);
    expect(await up.exitCode()).toBe(0);
    expect(up.out.join('\n')).toContain('all 3: 9 terminate: 3 completed');
    await expect.poll(() => containers()).toEqual([]);
  });

  test('a container has its own credential and no other', async () => {
    await output(...compose, 'up', '--detach', '--no-build', '--scale', 'client=2', 'w1', 'client');
    const seen = await Promise.all(
      (await containers()).map((one) =>
        docker('exec', one, 'sh', '-c', 'ls -a /keys /hand-out 2>/dev/null; grep \'"name"\' /credentials/*'),
      ),
    );
    expect(seen.map((text) => text.replaceAll(/[\s,]/g, '')).sort()).toEqual([
      '"name":"client"',
      '"name":"client"',
      '"name":"w1"',
    ]);
    const folder = await output(
      ...compose,
      'run',
      '--rm',
      '-T',
      '--entrypoint',
      'sh',
      'server',
      '-c',
      'find /keys -type f | sort',
    );
    expect(folder.split(/\s+/)).toEqual(['/keys/box/.gitignore', '/keys/box/allow-list.json', '/keys/box/server.json']);
  });

  test('a client that is killed in mid-job: lost; it comes back ready and works', async () => {
    await output(...compose, 'up', '--detach', '--no-build', '--scale', 'client=2', 'client');
    const [victim = '', other = ''] = await containers();
    const script = [
      'run',
      '--rm',
      '-T',
      '--use-aliases',
      'server',
      '--output',
      'json',
      '--keep-going',
      '--wait-clients',
      '2',
    ];
    await using server = new ChildProgram(file, [...flags, ...script]);
    server.type('calculate 600 x', 'wait --clients 2');
    await server.line(/"accepted".*calculate/);
    await expect.poll(() => server.about('accepted', 'calculate').length).toBe(2);
    await signalFromOutside(victim, 'KILL');
    const lost = JSON.parse(await server.line(/"outcome":"lost"/));
    const name = `client-${await inspect(victim, '.Config.Hostname')}`;
    expect(lost).toMatchObject({ client: name, command: 'calculate' });
    expect([await state(victim), await inspect(victim, '.RestartCount')]).toEqual(['running', '1']);
    server.type(`@${name} calculate 0 again`, 'cancel 1').end();
    expect(await server.exitCode()).toBe(6);
    const outcomes = server.about('result', 'calculate').map(({ client, outcome }) => `${client} ${outcome}`);
    const otherName = `client-${await inspect(other, '.Config.Hostname')}`;
    expect(outcomes.sort()).toEqual([`${name} completed`, `${name} lost`, `${otherName} cancelled`].sort());
  });
});
