import { expect, test } from 'vitest';
import { newFolder } from '../../support/new-folder.ts';
import { Program } from '../../support/program.ts';
import { RunningServer } from './running-server.ts';

test('-c, scripts and JSON have the same outcomes and exit codes as at a server', async () => {
  const server = await RunningServer.start('w1');
  const run = async (...commands: string[]) => {
    const attached = server.attach('--output', 'json', ...commands.flatMap((line) => ['-c', line]));
    return { exitCode: await attached.exitCode(), attached };
  };
  const done = await run('@all ping', '@w1 calculate 0 "hi"');
  const failed = await run('@w1 run false');
  const misspelt = await run('@w1 pnig');
  const misfit = await run('@w1 ping; @w1 calculate 1e10 "x"');
  const missing = await run('@nobody ping');
  const late = await run('@w1 calculate --timeout 10ms 60 "x"');
  expect(done.exitCode).toBe(0);
  expect(done.attached.about('output', 'calculate')).toMatchObject([{ client: 'w1', data: 'hi\n' }]);
  expect(done.attached.json.at(-1)).toMatchObject({ type: 'summary', completed: 2, unfinished: 0, exitCode: 0 });
  expect(failed.exitCode).toBe(4);
  expect(misspelt.exitCode).toBe(2);
  expect(misspelt.attached.json[0]).toMatchObject({
    code: 'unknown_command',
    hint: 'did you mean ping?',
  });
  expect(misfit.exitCode).toBe(2);
  expect(misfit.attached.json.map(({ type }) => type)).toEqual(['error', 'summary']);
  expect(misfit.attached.json[0]).toMatchObject({ message: expect.stringMatching(/^SECONDS must be a number from 0/) });
  expect(missing.exitCode).toBe(3);
  expect(late.exitCode).toBe(5);

  const noName = server.attach('--as', 'no name', '-c', 'ping');
  expect(await noName.exitCode()).toBe(2);
  expect(noName.err[0]).toContain("'no name' is invalid");

  const script = server.attach().end('@w1 calculate 0 "from a script"\n');
  expect(await script.exitCode()).toBe(0);
  expect(script.out[0]).toBe('w1 | from a script');
});

test('--pick, groups and labels are resolved at the server', async () => {
  const server = await RunningServer.start('w1', 'w2');
  const lines = ['calculate 600 x --pick 1', 'calculate 600 x --pick 1', '@os=*,!w2 ping', 'calculate 0 x --pick 3'];
  const attached = server.attach('--output', 'json', '--detach', ...lines.flatMap((line) => ['-c', line]));
  expect(await attached.exitCode()).toBe(3);
  const accepted = attached.about('accepted', 'calculate').map(({ client }) => client);
  expect(accepted.sort()).toEqual(['w1', 'w2']);
  expect(attached.about('result', 'ping')).toMatchObject([{ client: 'w1' }]);
});

test('--exit-code job passes on the largest exit code of the programs', async () => {
  const server = await RunningServer.start('w1', 'w2');
  const attached = server.attach(
    '--exit-code',
    'job',
    '-c',
    '@w1 run sh -c "exit 3"; @w2 run sh -c "exit 9"',
    '--keep-going',
  );
  expect(await attached.exitCode()).toBe(9);
  const waits = async (...jobs: string[]) =>
    await server
      .attach('--exit-code', 'job', ...jobs.flatMap((job) => ['-c', `wait ${job}`]), '--keep-going')
      .exitCode();
  expect([await waits('%1'), await waits('%1 %2'), await waits('%2', '%9')]).toEqual([3, 9, 3]);
});

test('without a server, attach says where it looked and what an address looks like', async () => {
  const folder = newFolder();
  const run = async (...args: string[]) => {
    await using attached = new Program('attach', '--socket-dir', folder, ...args, '-c', 'ping');
    return { exitCode: await attached.exitCode(), said: attached.err.join('\n') };
  };
  const [none, noAddress, noSuch, gone] = await Promise.all([
    run(),
    run('server-1'),
    run('tcp://127.0.0.1:1'),
    run(`${folder}/gone.sock`),
  ]);
  expect(none).toMatchObject({ exitCode: 8, said: expect.stringContaining(folder) });
  expect(noAddress).toMatchObject({ exitCode: 2, said: expect.stringContaining("'server-1' is neither") });
  expect(noSuch).toMatchObject({ exitCode: 8, said: expect.stringContaining('tcp://127.0.0.1:1') });
  expect(gone).toMatchObject({
    exitCode: 8,
    said: expect.stringContaining(`there is no socket ${folder}/gone.grpc.sock`),
  });
});
