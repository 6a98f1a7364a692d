import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { compose, containersOf, project, runCompose } from './compose.ts';
import { docker, inspect, output, root, signalFromOutside } from './docker.ts';

const service = `${project}-service`;
const patience = { timeout: 60_000, interval: 200 };
/** The words that docs/operating.md has after `docker compose -p box`. */
const written = [
  ...readFileSync(`${root}docs/operating.md`, 'utf8').matchAll(/^docker compose -p box (.*?) *(?:#.*)?$/gm),
].map(([, line = '']) => line);

const run = (line: string) => runCompose(`-p ${service} ${line}`);
const inServer = (command: string) => run(`-f compose.service.yml exec -T server ${command}`);
const connected = (count: number) =>
  expect
    .poll(() => inServer('signalbox health').catch(() => ''), patience)
    .toBe(`listening on tcp://0.0.0.0:5555, clients connected: ${count}`);

describe.skipIf(!inject('images').built)('compose.service.yml', () => {
  afterAll(() => run('-f compose.service.yml down --volumes'));

  test('server and clients keep running, restart with their state when they are killed, and end in order', async () => {
    const [up = '', attach = '', down = ''] = written;
    const attached = (line: string) => {
      const words = attach.replace('exec', 'exec -T').split(' ');
      return output(...compose, '-p', service, ...words, '--output', 'json', '-c', line);
    };
    await run(up.replace('--build', '--no-build'));
    await connected(3);
    expect(JSON.parse((await attached('@all ping')).split('\n').at(-1) ?? '')).toMatchObject({
      completed: 3,
      exitCode: 0,
    });
    const all = await containersOf(service);
    const [server = ''] = all.filter((one) => one.service === 'server').map(({ id }) => id);
    const clients = all.filter((one) => one.service !== 'server').map(({ id }) => id);
    expect(clients).toHaveLength(3);

    const [client = ''] = clients;
    await signalFromOutside(client, 'SIGKILL');
    await signalFromOutside(server, 'SIGKILL');
    await expect.poll(() => inspect(server, '.RestartCount'), patience).toBe('1');
    await connected(3);
    const kept = (await attached('jobs --command ping')).split('\n').map((line) => JSON.parse(line));
    expect(kept.filter(({ type, outcome }) => type === 'job' && outcome === 'completed')).toHaveLength(3);

    // Sockets are where only another container can reach them.
    const sockets = await inServer('stat -c %a.%U.%F /run/signalbox /run/signalbox/tcp_0.0.0.0_5555.sock');
    expect(sockets).toMatch(/^700\.node\.directory\r?\n\d+\.node\.socket$/);
    const mount = ['--rm', '--network', 'none', '--volume', `${service}_sockets:/run/signalbox`];
    const fromBeside = await docker('run', ...mount, '--entrypoint', 'signalbox', 'signalbox-server', 'health');
    expect(fromBeside).toContain('clients connected: 3');

    await run('-f compose.service.yml stop --timeout 15');
    const ends = await Promise.all(
      [server, ...clients].map((one) => inspect(one, '.State.Status}} {{.State.ExitCode')),
    );
    expect(new Set(ends)).toEqual(new Set(['exited 0']));
    await run(down);
    expect(await containersOf(service)).toEqual([]);
  });
});
