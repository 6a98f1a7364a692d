import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { Program } from '../../support/program.ts';
import { hasTmux, Screen } from '../../support/tmux.ts';

/** Job 1 has completed on w1 and was rejected by w2, which was not ready, when its server was killed. */
async function afterKilledServer() {
  await using opened = new AsyncDisposableStack();
  const endpoint = await freeEndpoint();
  const place = ['--bind', endpoint, '--store', `sqlite:${join(newFolder(), 'jobs.db')}`];
  const client = (...flags: string[]) => opened.use(new Program('client', '--connect', endpoint, ...flags));
  client('--name', 'w1', '--ready');
  client('--name', 'w2');
  {
    await using server = new Program('server', ...place, '--wait-clients', '2', '--output', 'json', '--keep-going');
    server.type('calculate 0 "said before"', 'wait', 'help wait');
    await server.line(/"type":"answer"/);
    server.child.kill('SIGKILL');
    await server.exitCode();
  }
  const end = opened.move();
  return { place, [Symbol.asyncDispose]: () => end.disposeAsync() };
}

test('a script sees the jobs of an earlier server, and reruns one where it failed', async () => {
  await using scene = await afterKilledServer();
  const lines = [
    'jobs',
    'jobs --outcome rejected --since 1h',
    'job %1/w1',
    'logs %1',
    '@w2 start',
    'rerun %1 --failed',
  ];
  const flags = ['--wait-clients', '2', '--output', 'json', ...lines.flatMap((line) => ['-c', line])];
  await using server = new Program('server', ...scene.place, ...flags);
  expect(await server.exitCode()).toBe(0);
  const one = (client: string, outcome: string) => ({
    number: 1,
    client,
    command: 'calculate',
    outcome,
    actor: 'owner',
  });
  const details = {
    line: 'calculate 0 "said before"',
    text: expect.stringMatching(/^lasted [\d.]+ s$/),
    output: { stdout: { bytes: 12 } },
  };
  expect(server.about('job', 'calculate')).toMatchObject([
    ...[one('w1', 'completed'), one('w2', 'rejected'), one('w2', 'rejected')],
    { ...one('w1', 'completed'), ...details },
  ]);
  const said = server
    .about('output', 'calculate')
    .map(({ number, client, data, replay }) => [number, client, data, replay]);
  expect(said).toEqual([
    [1, 'w1', 'said before\n', true],
    [3, 'w2', 'said before\n', undefined],
  ]);
  expect(server.about('result', 'calculate')).toMatchObject([{ number: 3, client: 'w2', outcome: 'completed' }]);
});

test.skipIf(!hasTmux).each([80, 40])('so does the prompt, on %s columns', async (columns) => {
  await using scene = await afterKilledServer();
  await using screen = await Screen.open(scene.place, { columns, rows: 40 });
  const type = async (line: string) => {
    await screen.type(line);
    await screen.keys('Enter');
  };
  await screen.until(/1\/2 ready/);
  await type('jobs');
  await screen.until(/^1\/w1 +calcul.* +completed/m);
  await screen.until(/^1\/w2 +calcul.* +rejected/m);
  await type('job 1/w2');
  await screen.until(/^command +calculate 0 "said before"$/m);
  await screen.until(/^error +not_ready: /m);
  await type('logs 1');
  await screen.until(/^w1 \| said before$/m);
  await type('@w2 start; rerun 1 --failed');
  await screen.until(/^✓ w2 +3 calculate +completed/m);
  await type('logs 3');
  expect(
    (await screen.until(/^w2 \| said before[\s\S]*logs 3\nw2 \| said before/m)).every((row) => row.length <= columns),
  ).toBe(true);
  await screen.type('job ');
  await screen.keys('Tab');
  await screen.until(/^ +1\/w2 +calculate on w2: rejected/m);
});
