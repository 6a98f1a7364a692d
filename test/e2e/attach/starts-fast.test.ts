import { expect, test } from 'vitest';
import { ChildProgram, main } from '../../support/program.ts';
import { RunningServer } from './running-server.ts';

/** Node that says at its end which packages it has loaded. */
const sayingPackages = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const loaded = new Set();
  registerHooks({
    load(url, context, next) {
      const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
      if (name) loaded.add(name);
      return next(url, context);
    },
  });
  process.on('exit', () => console.error('loaded: ' + [...loaded].sort().join(' ')));
`)}`;

test('attach -c loads no zod, no sockets of ZeroMQ, no store and no client of @connectrpc', {
  timeout: 30_000,
}, async () => {
  const server = await RunningServer.start('w1');
  const args = ['attach', '--socket-dir', server.folder, '-c', '@all ping'];
  await using attached = new ChildProgram(process.execPath, ['--import', sayingPackages, main, ...args]);
  expect(await attached.exitCode()).toBe(0);
  expect(attached.out).toEqual([expect.stringMatching(/^w1: 1 ping completed/)]);
  const packages = 'loaded: @bufbuild/protobuf commander fast-string-truncated-width';
  expect(attached.err.find((line) => line.startsWith('loaded'))).toBe(packages);
});
