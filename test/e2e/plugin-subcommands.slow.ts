import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram, main, Program } from '../support/program.ts';
import { startCollector } from './collector.ts';

const example = fileURLToPath(new URL('../../examples/plugin/tally.ts', import.meta.url));

/** A file in a scratch folder. */
function file(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A plug-in `hello` that reports that it was loaded. */
const helloText = (subcommand: string, name = 'hello') => `
  import { definePlugin, SignalboxError } from 'signalbox';
  process.stderr.write('loaded\\n');
  export default definePlugin({
    name: '${name}', apiVersion: 1,
    setup() { process.stderr.write('set up\\n'); },
    subcommands: { summary: 'Greetings.', help: '', subcommands: [${subcommand}] },
  });`;
const say = `{
  name: 'say', summary: 'Say hello.', isService: false,
  options: [{ flags: '--to <name>', text: 'whom', env: 'HELLO_TO', default: 'world' }],
  async run({ to }, { say }) {
    if (to === 'nobody') throw new SignalboxError('not_allowed', 'somebody must be there');
    say('hello ' + to);
  },
}`;

async function ended(args: readonly string[], { env = {}, folder = '/' }: { env?: object; folder?: string } = {}) {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const script = 'cd "$1"; shift; exec env "$@"';
  const given = ['sh', folder, ...variables, process.execPath, main, ...args];
  await using program = new ChildProgram('sh', ['-c', script, ...given]);
  return { code: await program.exitCode(), out: program.out, err: program.err };
}

test('a plug-in adds a subcommand; the command line, the environment or the configuration can name the plug-in', async () => {
  const folder = newFolder();
  file(join(folder, 'hello.ts'), helloText(say));
  file(join(folder, 'box.yaml'), 'plugins: { ./hello.ts: }\n');
  file(join(folder, 'node_modules/signalbox-hello/package.json'), '{ "type": "module", "exports": "./index.js" }');
  file(join(folder, 'node_modules/signalbox-hello/index.js'), helloText(say));
  const said = (out: string) => ({ code: 0, out: [out], err: ['loaded'] });
  expect(await ended(['hello', 'say', '--plugin', join(folder, 'hello.ts')])).toEqual(said('hello world'));
  const inFolder = (args: readonly string[], env = {}) => ended(args, { env, folder });
  expect(await inFolder(['hello', 'say', '--plugin=./hello.ts', '--to', 'ann'])).toEqual(said('hello ann'));
  expect(await inFolder(['hello', 'say', '--plugin', 'signalbox-hello'])).toEqual(said('hello world'));
  const env = { SIGNALBOX_PLUGINS: './hello.ts', SIGNALBOX_HELLO_TO: 'bob' };
  expect(await inFolder(['hello', 'say'], env)).toEqual(said('hello bob'));
  expect(await inFolder(['hello', 'say', '--config', 'box.yaml'])).toEqual(said('hello world'));
  expect(await inFolder(['hello', 'say', '--to', 'nobody'], env)).toMatchObject({
    code: 7,
    err: ['loaded', 'signalbox: somebody must be there'],
  });
});

test('nothing is loaded for other subcommands, for help, or without a plug-in', async () => {
  const folder = newFolder();
  file(join(folder, 'hello.ts'), helloText(say));
  const env = { SIGNALBOX_PLUGINS: './hello.ts' };
  for (const args of [['--help'], ['help'], ['presence', '--help'], ['completion', 'bash'], ['--version']]) {
    const { code, err } = await ended(args, { env, folder });
    expect([code, err]).toEqual([0, []]);
  }
  const unknown = await ended(['hello', 'say'], { folder });
  expect(unknown).toMatchObject({ code: 2, out: [] });
  expect(unknown.err[0]).toBe("error: unknown command 'hello'");
  expect((await ended(['hallo'], { env, folder })).err).toContain("error: unknown command 'hallo'");
});

test("the subcommands of a plug-in never replace the program's own", async () => {
  const folder = newFolder();
  file(join(folder, 'x.ts'), helloText(say, 'health'));
  const { code, err } = await ended(['health', 'say', '--plugin', './x.ts'], { folder });
  expect(code).toBe(2);
  expect(err).not.toContain('loaded');
});

test.each([
  [
    'that are not well formed',
    `{ name: 'say' }`,
    /the plug-in hello has subcommands that are not \{ summary, help, subcommands \}/,
  ],
  [
    'with an option that every program has',
    `{ name: 'say', summary: '', isService: false, options: [{ flags: '--log', text: '', env: 'X' }], async run() {} }`,
    /plug-in hello: .*--log/,
  ],
])('subcommands %s end the program with 2', async (_, subcommand, why) => {
  const folder = newFolder();
  file(join(folder, 'hello.ts'), helloText(subcommand));
  const { code, err } = await ended(['hello', 'say', '--plugin', './hello.ts'], { folder });
  expect([code, err.at(-1)]).toEqual([2, expect.stringMatching(why)]);
});

test('the example is a service with health, metrics, traces, and an orderly end', async () => {
  await using collector = await startCollector();
  const socket = join(newFolder(), 'health');
  const given = [
    '--plugin',
    example,
    '--every',
    '20',
    '--health',
    socket,
    '--metrics',
    ':0',
    '--traces',
    collector.url,
  ];
  await using tally = new Program('tally', 'count', ...given);
  const { url } = JSON.parse(await tally.line(/"serving metrics"/));
  await tally.line(/"counting"/);
  await expect
    .poll(async () => await (await fetch(url)).text(), { timeout: 15_000 })
    .toMatch(/^tally_rounds_total [1-9]/m);
  await using health = new Program('health', '--at', socket);
  expect(await health.exitCode()).toBe(0);
  expect(health.out[0]).toMatch(/^rounds: [1-9]\d*$/);
  tally.child.kill('SIGTERM');
  expect(await tally.exitCode()).toBe(0);
  expect(collector.spans[0]).toMatchObject({ name: 'tally round', service: 'signalbox-tally-count' });
});
