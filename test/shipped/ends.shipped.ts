import { afterAll, afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { ChildProgram } from '../support/program.ts';
import { containers, runCompose, startCompose } from './compose.ts';
import { docker, inspect, signalFromOutside } from './docker.ts';

const state = (container: string) => inspect(container, '.State.Status}} {{.State.ExitCode');
const nameOf = async (container: string) => `client-${await inspect(container, '.Config.Hostname')}`;

describe.skipIf(!inject('images').built)('ends during a job', () => {
  let clients: [string, string];
  let server: ChildProgram;

  beforeEach(async () => {
    await runCompose('up --detach --no-build --scale client=2 client');
    const [first = '', second = ''] = await containers();
    clients = [first, second];
    server = startCompose('run --rm -T --use-aliases server --output json --keep-going --wait-clients 2');
    server.type('calculate 600 x');
    await expect.poll(() => server.about('accepted', 'calculate').length, { timeout: 30_000 }).toBe(2);
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await runCompose('down --timeout 15');
  });
  afterAll(() => runCompose('down --volumes'));

  test('a client is killed from outside: its job is lost; the client restarts ready and works', async () => {
    const [victim, other] = clients;
    const name = await nameOf(victim);
    await signalFromOutside(victim, 'SIGKILL');
    expect(JSON.parse(await server.line(/"outcome":"lost"/))).toMatchObject({ client: name, command: 'calculate' });
    server.type('wait --clients 2', `@${name} calculate 0 again`, 'cancel 1').end();
    expect(await server.exitCode()).toBe(6);
    const outcomes = server.about('result', 'calculate').map(({ client, outcome }) => `${client} ${outcome}`);
    expect(outcomes.sort()).toEqual([`${name} completed`, `${name} lost`, `${await nameOf(other)} cancelled`].sort());
    expect(await state(victim)).toBe('running 0');
    expect(await inspect(victim, '.RestartCount')).toBe('1');
  });

  test('docker stop: the client reports its job and stays down with 0, the script of the server ends with 143', async () => {
    const [stopped, other] = clients;
    await docker('stop', '--time', '15', stopped);
    const result = JSON.parse(await server.line(/"type":"result"/));
    expect(result).toMatchObject({ client: await nameOf(stopped), command: 'calculate', outcome: 'cancelled' });
    const [ofServer = ''] = (await containers()).filter((one) => one !== other);
    await docker('stop', '--time', '15', ofServer);
    expect(await server.exitCode()).toBe(143);
    expect(await state(stopped)).toBe('exited 0');
    expect(await state(other)).toBe('running 0');
  });
});
