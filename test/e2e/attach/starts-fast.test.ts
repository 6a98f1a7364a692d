import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { newFolder } from '../../support/new-folder.ts';
import { ChildProgram, main } from '../../support/program.ts';
import { RunningServer } from './running-server.ts';

const pathOf = (file: string) => fileURLToPath(new URL(`../../../dist/src/${file}`, import.meta.url));
/** The checkout may not have been built since modules are joined. */
const isBuilt = existsSync(pathOf('joined'));

/** Node that reports at its exit which packages and how many modules it has loaded. */
const sayingWhatIsLoaded = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const packages = new Set();
  let modules = 0;
  registerHooks({
    load(url, context, next) {
      const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
      if (name) packages.add(name);
      if (url.startsWith('file:')) modules += 1;
      return next(url, context);
    },
  });
  process.on('exit', () => console.error('loaded: ' + modules + ' ' + [...packages].sort().join(' ')));
`)}`;

/** Runs `signalbox attach`. */
async function attach(program: string, ...args: string[]) {
  const node = ['--import', sayingWhatIsLoaded, program, 'attach', ...args];
  await using attached = new ChildProgram(process.execPath, node);
  const exitCode = await attached.exitCode();
  const loaded = attached.err.find((line) => line.startsWith('loaded: '));
  const [, modules, ...packages] = loaded?.split(' ') ?? [];
  return { exitCode, out: attached.out, modules: Number(modules), packages };
}

test('attach -c loads no zod, no sockets of ZeroMQ, no store and no client of @connectrpc', async () => {
  const server = await RunningServer.start('w1');
  const { exitCode, out, packages } = await attach(main, '--socket-dir', server.folder, '-c', '@all ping');
  expect(exitCode).toBe(0);
  expect(out).toEqual([expect.stringMatching(/^w1: 1 ping completed/)]);
  expect(packages).toEqual(['@bufbuild/protobuf', 'commander', 'fast-string-truncated-width']);
});

test('nor does attach load them to report in JSON that there is no server', async () => {
  const said = await attach(main, '--socket-dir', newFolder(), '-c', '@all ping', '--output', 'json');
  expect(said.exitCode).toBe(8);
  expect(said.out.map((line) => JSON.parse(line).type)).toEqual(['error', 'summary']);
  expect(said.packages).toEqual(['@bufbuild/protobuf', 'commander', 'fast-string-truncated-width']);
});

test.skipIf(!isBuilt)(
  'the built program loads few modules, also for a command whose arguments are checked',
  async () => {
    const program = pathOf('bin.js');
    const server = await RunningServer.start('w1');
    const at = ['--socket-dir', server.folder];

    const ping = await attach(program, ...at, '-c', '@all ping');
    expect(ping).toMatchObject({ exitCode: 0, packages: ['commander', 'fast-string-truncated-width'] });
    expect(ping.modules).toBeLessThan(75);
    const run = await attach(program, ...at, '-c', '@all run true');
    expect(run).toMatchObject({ exitCode: 0, packages: ['commander', 'fast-string-truncated-width'] });
    expect(run.modules).toBeLessThan(75);

    // Joined and separate modules recognise each other's errors.
    const wrong = ['-c', 'run --timeout soon true', '--output', 'json'];
    const [fromSource, built] = await Promise.all([main, program].map((one) => attach(one, ...at, ...wrong)));
    expect(built?.exitCode).toBe(2);
    const { ts: _, ...error } = JSON.parse(built?.out[0] ?? '');
    expect(error).toMatchObject({ code: 'bad_arguments', at: { start: 14, end: 18 }, line: 1 });
    expect(JSON.parse(fromSource?.out[0] ?? '')).toMatchObject(error);
    const nobody = await attach(program, '--socket-dir', newFolder(), '-c', 'ping');
    expect(nobody.exitCode).toBe(8);
  },
);
