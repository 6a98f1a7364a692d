import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { socketPaths } from '../../src/api/socket-paths.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram, main, Program } from '../support/program.ts';

/** Node that exits with 9 as soon as a module of the API's packages is loaded. */
const withoutConnect = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (/^@(connectrpc|bufbuild)/.test(specifier)) process.exit(9);
        return next(specifier, context);
      },
    });
  `)}`,
];

test.each([
  ['the help', ['--help']],
  ['a script with clients of its own', ['server', '--spawn', '1', '-c', 'start; run true']],
  ['a script of a server that has sockets', ['server', '--spawn', '1', '--bind', 'FREE', '-c', 'start; run true']],
])('%s loads nothing of the API', async (_, args) => {
  const given = await Promise.all(args.map(async (arg) => (arg === 'FREE' ? await freeEndpoint() : arg)));
  await using program = new ChildProgram(process.execPath, [...withoutConnect, main, ...given]);
  expect(await program.exitCode()).toBe(0);
});

/** A headless server with these variables. */
function start(env: Record<string, string>, ...args: string[]): ChildProgram {
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const server = new ChildProgram('env', [...set, process.execPath, main, 'server', '--headless', ...args]);
  return server;
}

test('a server opens its sockets at the given paths and removes them when it ends', async () => {
  const folder = newFolder();
  const bind = await freeEndpoint();
  const name = bind.replaceAll(/:\/\/|:/g, '_');
  const sockets = [`${name}.grpc.sock`, `${name}.sock`];
  const config = join(folder, 'box.yaml');
  mkdirSync(join(folder, 'configured'), { mode: 0o700 });
  mkdirSync(join(folder, 'named'), { mode: 0o700 });
  writeFileSync(config, 'server: { socketDir: configured }\n');
  for (const [at, env, args] of [
    ['signalbox', { XDG_RUNTIME_DIR: folder }, []],
    ['configured', {}, ['--config', config]],
    ['named', { SIGNALBOX_SOCKET_DIR: join(folder, 'named') }, ['--config', config]],
  ] as const) {
    await using server = start({ ...env }, '--bind', bind, ...args);
    expect(await server.line(/"msg":"answering programs"/)).toContain(join(folder, at, `${name}.sock`));
    expect([at, readdirSync(join(folder, at)).sort()]).toEqual([at, sockets]);
    server.child.kill('SIGTERM');
    expect(await server.exitCode()).toBe(0);
    expect(readdirSync(join(folder, at))).toEqual([]);
  }
});

test.each([
  ['at a port that it chooses', ['--bind', 'tcp://127.0.0.1:*']],
  ['for clients of its own', ['--spawn', '1']],
])('a server %s has no sockets', async (_, args) => {
  const folder = newFolder();
  const health = join(folder, 'health.sock');
  await using server = start({ XDG_RUNTIME_DIR: folder }, '--health', health, ...args);
  // The last socket that it opens.
  await expect.poll(() => existsSync(health), { interval: 10, timeout: 30_000 }).toBe(true);
  expect(existsSync(join(folder, 'signalbox'))).toBe(false);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(0);
});

test('if file descriptors run out at the first caller, the next caller is answered and the server ends in order', async () => {
  const folder = newFolder();
  chmodSync(folder, 0o700);
  const bind = `ipc://${folder}/box`;
  await using server = start({}, '--bind', bind, '--socket-dir', folder);
  await server.line(/"msg":"answering programs"/);
  const { connect: path } = socketPaths(folder, bind);
  const limit = (count: number) =>
    spawnSync('prlimit', [`--pid=${server.child.pid}`, `--nofile=${count}:`], { stdio: 'inherit' });
  limit(readdirSync(`/proc/${server.child.pid}/fd`).length + 1);
  const refused = dial(path);
  await once(
    refused.resume().on('error', () => {}),
    'close',
  );
  limit(1_000);
  const asked = dial(path).end('GET / HTTP/1.0\r\n\r\n');
  expect(await text(asked)).toContain('404');
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(0);
});

test('a named folder that cannot be used ends the server with advice', async () => {
  const folder = newFolder();
  const bind = await freeEndpoint();
  chmodSync(folder, 0o755);
  await using open = new Program('server', '--headless', '--bind', bind, '--socket-dir', folder);
  expect(await open.exitCode()).toBe(7);
  expect(open.err.join('\n')).toContain(`chmod 700 ${folder}`);
  await using missing = new Program('server', '--headless', '--bind', bind, '--socket-dir', join(folder, 'none'));
  expect(await missing.exitCode()).toBe(2);
  expect(missing.err.join('\n')).toContain(`mkdir -m 700 ${join(folder, 'none')}`);
  const long = join(folder, 'x'.repeat(100));
  mkdirSync(long, { mode: 0o700 });
  await using tooLong = new Program('server', '--headless', '--bind', bind, '--socket-dir', long);
  expect(await tooLong.exitCode()).toBe(8);
});
