import { afterAll, describe, expect, inject, test } from 'vitest';
import { compose, containersOf, project } from './compose.ts';
import { docker, inspect, output, root } from './docker.ts';

const presence = `${project}-presence`;
const patience = { timeout: 120_000, interval: 300 };

const run = (line: string) =>
  output(...compose, '-p', presence, '-f', `${root}examples/presence/compose.yml`, ...line.split(' '));
const of = async (service: string) => (await containersOf(presence)).filter((one) => one.service === service);
const usersOf = async (gateway: string) =>
  Number(/users: (\d+)/.exec(await docker('exec', gateway, 'signalbox', 'health'))?.[1]);
/** The output of the service `count`, without the names that Compose puts before lines. */
const counts = async () => {
  const lines = (await run('logs --no-color count')).split('\n').map((line) => /\| (\d+)\s*$/.exec(line)?.[1]);
  return lines.filter((line) => line !== undefined).map(Number);
};
const newest = async () => (await counts()).at(-1);

describe.skipIf(!inject('images').built)('examples/presence/compose.yml', () => {
  afterAll(() => run('down --volumes --timeout 15'));

  test('the count is right while users join, a gateway is killed, and users leave; all end in order', async () => {
    await run('up --detach --no-build --scale visitors=0');
    await expect.poll(newest, patience).toBe(100);
    const [first = '', second = ''] = (await of('gateway')).map(({ id }) => id);
    expect(await of('status')).toHaveLength(2);
    const shares = await Promise.all([first, second].map(usersOf));
    expect(Math.min(...shares)).toBeGreaterThan(25);

    await docker('kill', first);
    await expect.poll(() => usersOf(second), patience).toBe(100);
    expect(await newest()).toBe(100);

    await run('up --detach --no-build --no-recreate --scale visitors=1 visitors');
    await expect.poll(newest, patience).toBeGreaterThanOrEqual(110);
    const seen = await counts();
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));

    const all = (await containersOf(presence)).map(({ id }) => id);
    expect(await Promise.all(all.map((one) => inspect(one, '.HostConfig.ReadonlyRootfs')))).toEqual(
      all.map(() => 'true'),
    );
    await run('stop --timeout 15');
    const ends = await Promise.all(all.map((one) => inspect(one, '.State.Status}} {{.State.ExitCode')));
    expect(new Set(ends)).toEqual(new Set(['exited 0']));
  });
});
