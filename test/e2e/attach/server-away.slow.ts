import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Program } from '../../support/program.ts';
import { RunningServer } from './running-server.ts';

test('a script continues when its server is back, and says once that the server was away', async () => {
  const server = await RunningServer.start('w1');
  const script = server
    .attach()
    .type(`@w1 run sh -c "echo one; until [ -e ${server.folder}/go ]; do sleep 0.1; done; echo two"`);
  await script.line(/^w1 \| one$/);
  await server.kill();
  await script.line(/^the server is away/);
  writeFileSync(`${server.folder}/go`, '');
  await server.startServer();
  await script.line(/^w1: 1 run completed/);
  expect(await script.end('@w1 ping\n').exitCode()).toBe(0);
  expect(script.out).toEqual([
    'w1 | one',
    'w1 | two',
    expect.stringMatching(/^w1: 1 run completed/),
    expect.stringMatching(/^w1: 2 ping completed/),
  ]);
  const said = script.err.filter((line) => line.includes('server'));
  expect(said).toEqual(['the server is away; waiting for it', 'the server is back; it was restarted']);
});

test('a script whose server stays away ends with 6 and says what continues', async () => {
  const server = await RunningServer.start('w1');
  const script = server.attach('--connect-timeout', '4s', '-c', '@w1 calculate 600 "long"', '--output', 'json');
  await script.line(/"type":"accepted"/);
  await server.kill();
  expect(await script.exitCode()).toBe(6);
  expect(script.json).toContainEqual(expect.objectContaining({ type: 'error', code: 'unknown' }));
  expect(script.json.find(({ type }) => type === 'left')).toMatchObject({ jobs: [{ number: 1, client: 'w1' }] });
  expect(script.json.at(-1)).toMatchObject({ type: 'summary', unfinished: 1, exitCode: 6 });
});

test('--detach exits at once with the job number; Ctrl-C cancels the jobs of the script, and SIGTERM leaves them running', async () => {
  const server = await RunningServer.start('w1');
  const detached = server.attach('--detach', '-c', '@w1 calculate 600 "long"');
  expect(await detached.exitCode()).toBe(0);
  expect(detached.out).toEqual([
    `still running: 1 calculate on w1; to check again: signalbox attach --socket-dir ${server.folder} -c 'job %1'`,
  ]);

  const terminated = server.attach('-c', '@w1 calculate 600 "long"', '--output', 'json');
  await terminated.line(/"type":"accepted"/);
  terminated.child.kill('SIGTERM');
  expect(await terminated.exitCode()).toBe(143);

  const interrupted = server.attach('-c', '@w1 calculate 600 "long"', '--output', 'json');
  await interrupted.line(/"type":"accepted"/);
  interrupted.child.kill('SIGINT');
  expect(await interrupted.exitCode()).toBe(130);
  expect(interrupted.about('result', 'calculate')).toMatchObject([{ number: 3, outcome: 'cancelled' }]);

  const look = server.attach('-c', 'jobs', '--output', 'json');
  expect(await look.exitCode()).toBe(0);
  const states = look.json.filter(({ type }) => type === 'job').map(({ number, state }) => [number, state]);
  expect(Object.fromEntries(states)).toMatchObject({ 1: 'accepted', 2: 'accepted' });
});

test('if several servers run, they are listed', async () => {
  const server = await RunningServer.start('w1');
  await server.startAnother();
  const attached = server.attach('-c', 'ping');
  expect(await attached.exitCode()).toBe(2);
  expect(attached.err[0]).toContain('2 servers run here');
  const [first = ''] = attached.err.flatMap((line) => /^ {2}signalbox attach (\S+) -c ping$/.exec(line)?.[1] ?? []);
  const exitCodes = [await server.attach(first, '-c', 'clients').exitCode()];
  exitCodes.push(await server.attach(server.endpoint, '-c', 'ping').exitCode());
  expect(exitCodes).toEqual([0, 0]);
  const long = server.attach('-c', `run true ${'x'.repeat(100)}`);
  expect(await long.exitCode()).toBe(2);
  expect(long.err[1]).toBe(`  signalbox attach ${first} -c …`);
  const operators = new Program('operators', 'list', '--socket-dir', server.folder);
  expect(await operators.exitCode()).toBe(2);
  expect(operators.err[1]).toBe(`  signalbox operators list --at ${first}`);
});
