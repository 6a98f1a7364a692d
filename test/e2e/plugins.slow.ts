// Over 250 lines: tables of plug-ins and configurations, with the files that all of them use.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { ChildProgram, main, Program, runScript } from '../support/program.ts';
import { hasTmux, Screen } from '../support/tmux.ts';

const grep = fileURLToPath(new URL('../../examples/plugin/grep.ts', import.meta.url));
const dist = fileURLToPath(new URL('../../dist/src/bin.js', import.meta.url));
/** The checkout may not have been built since it has plug-ins. */
const isBuilt = existsSync(fileURLToPath(new URL('../../dist/src/plugin/set-up.js', import.meta.url)));

const place = mkdtempSync(join(tmpdir(), 'signalbox-plugins-'));
afterAll(() => rmSync(place, { recursive: true }));

/** A file outside the checkout. */
function file(name: string, text: string): string {
  const path = join(place, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A plug-in with this setup in its own file. */
const pluginFile = (name: string, setup: string, more = ''): string =>
  file(
    `${name}.ts`,
    `import { definePlugin, defineCommand, implement, SignalboxError } from 'signalbox';
     import { z } from 'zod';
     ${more}
     export default definePlugin({ name: '${name}', apiVersion: 1, setup(host) { ${setup} } });`,
  );

/** The program in a folder, as another process would start it. */
function runIn(folder: string, program: string, ...args: string[]): ChildProgram {
  const script = 'cd "$1"; shift; exec "$@"';
  return new ChildProgram('sh', ['-c', script, 'sh', folder, process.execPath, program, ...args]);
}

// Loads everything that a plug-in may import; the exit code of the prompt shows whether its error class is the
// program's.
const strict = `
  import { definePlugin, defineCommand, implement, run, SignalboxError } from 'signalbox';
  import { limits, SignalboxError as FromSchemas } from 'signalbox/schemas';
  import * as processes from 'signalbox/process';
  import { openPostgresStore } from 'signalbox/postgres';
  import { storeCases } from 'signalbox/store-contract';
  import { z } from 'zod';
  import { z as core } from 'zod/v4';
  import { ground } from './helper.ts';
  const isOne = SignalboxError === FromSchemas && run.args instanceof z.ZodObject && core.ZodObject === z.ZodObject;
  const same = defineCommand({
    name: 'same', summary: 'Say which copies are used.', example: 'same',
    args: z.strictObject({}), result: z.boolean(),
  });
  export default definePlugin({
    name: 'strict', apiVersion: 1,
    setup(host) {
      host.command(implement(same, () => isOne && limits !== undefined && 'ProcessError' in processes && storeCases.length > 0 && openPostgresStore.length > 0 && ground(SignalboxError)));
      host.interceptor(async (call, next) => {
        if (call.method === 'submit' && call.command.name === 'ping') throw new SignalboxError('not_allowed', 'no pings');
        return await next(call);
      });
    },
  });`;
const helper = `
  import { SignalboxError } from 'signalbox';
  export const ground = (other: unknown): boolean => other === SignalboxError;`;

describe.each([
  ['from source', main, true],
  ['from dist', dist, isBuilt],
])('a plug-in of a program that runs %s has its classes', (_, program, isThere) => {
  test.runIf(isThere)('in a file outside the checkout, by a path relative to the working folder', async () => {
    file('outside/strict.ts', strict);
    file('outside/helper.ts', helper);
    const args = ['server', '--plugin', './outside/strict.ts', '--spawn', '1', '--output', 'json'];
    await using server = runIn(place, program, ...args, '-c', 'start; same', '-c', 'ping');
    expect(await server.exitCode()).toBe(7);
    expect(server.about('result', 'same')).toMatchObject([{ outcome: 'completed', result: true }]);
  });

  test.runIf(isThere)('in a package of the working folder that has another signalbox and zod next to it', async () => {
    const decoy = (name: string) => {
      file(`inside/node_modules/${name}/package.json`, JSON.stringify({ name, type: 'module', exports: './index.js' }));
      file(`inside/node_modules/${name}/index.js`, 'throw new Error("the other copy");');
    };
    decoy('signalbox');
    decoy('zod');
    const folder = 'inside/node_modules/strict-plugin';
    file(`${folder}/package.json`, JSON.stringify({ name: 'strict-plugin', type: 'module', exports: './index.js' }));
    file(`${folder}/index.js`, strict.replace('./helper.ts', './helper.js'));
    file(`${folder}/helper.js`, helper.replaceAll(': unknown', '').replace(': boolean', ''));
    const args = ['server', '--plugin', 'strict-plugin', '--spawn', '1', '--output', 'json'];
    await using server = runIn(join(place, 'inside'), program, ...args, '-c', 'start; same', '-c', 'ping');
    expect(await server.exitCode()).toBe(7);
    expect(server.about('result', 'same')).toMatchObject([{ outcome: 'completed', result: true }]);
  });
});

test('a plug-in in CommonJS, and the modules that it requires, use the classes of the program', async () => {
  const path = file(
    'common/plugin.cjs',
    `const { definePlugin, SignalboxError, run } = require('signalbox');
     const { z } = require('zod');
     const same = require('./same.cjs');
     module.exports = definePlugin({
       name: 'common', apiVersion: 1, options: z.strictObject({ text: z.string().default('yes') }),
       setup(host, { text }) {
         if (!(run.args instanceof z.ZodObject && same(SignalboxError))) throw new Error('other classes');
         console.log(text);
       },
     });`,
  );
  file(
    'common/same.cjs',
    `const { SignalboxError } = require('signalbox'); module.exports = (other) => other === SignalboxError;`,
  );
  await using program = new Program('server', '--plugin', path, '--bind', 'tcp://127.0.0.1:*', '-c', 'exit');
  expect(await program.exitCode()).toBe(0);
  expect(program.out[0]).toBe('yes');
});

describe('the plug-in in examples/plugin', () => {
  test('adds a command that completes, and an interceptor that refuses according to its options', async () => {
    const flags = ['--plugin', grep, '--grep-root', '/etc', '--keep-going', '--output', 'json'];
    const lines = [
      'start',
      'grep root /etc/passwd',
      'grep ROOT /etc/passwd --ignore-case',
      'grep x /proc/version',
      'grep x y',
    ];
    const { exitCode, program } = await runScript(lines, ...flags);
    expect(program.about('result', 'grep').map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
    expect(program.about('output', 'grep')[0]).toMatchObject({ data: expect.stringContaining('root') });
    const errors = program.json.filter(({ type }) => type === 'error');
    expect(errors).toMatchObject([
      { code: 'not_allowed', message: 'grep: /proc/version is outside of /etc' },
      { code: 'bad_arguments', message: "FILE must be an absolute path, such as /etc/passwd, not 'y'" },
    ]);
    expect(exitCode).toBe(7);
  });

  test('works for a client in another process too, over tcp, with options in the environment', async () => {
    const endpoint = await freeEndpoint();
    const env = ['env', `SIGNALBOX_PLUGINS=${grep}`, 'SIGNALBOX_GREP_SUMMARY=yes', process.execPath, main];
    const [command = '', ...args] = env;
    await using client = new ChildProgram(command, [
      ...args,
      'client',
      '--connect',
      endpoint,
      '--name',
      'far',
      '--ready',
    ]);
    const script = ['-c', 'grep root /etc/passwd'];
    await using server = new ChildProgram(command, [...args, 'server', '--bind', endpoint, ...script]);
    expect(await server.exitCode()).toBe(0);
    expect(server.out.join('\n')).toMatch(/far: 1 grep completed in .* \d+ of \d+ lines match/);
    expect(server.err.filter((line) => line.startsWith('grep: '))).toHaveLength(1);
    client.child.kill();
    expect(await client.exitCode()).toBe(0);
  });

  test('adds its options to the help', async () => {
    await using program = new Program('server', '--plugin', grep, '--help');
    expect(await program.exitCode()).toBe(0);
    expect(program.out.join('\n')).toMatch(/--grep-root <string> [\s\S]*--grep-summary \[yes\|no\] /);
  });

  test.skipIf(!hasTmux)('gets completion, hints, error marks and help at the prompt', async () => {
    await using screen = await Screen.open(['--plugin', grep, '--spawn', '1']);
    await screen.until(/0\/1 ready/);
    await screen.keys('start --wait 1m', 'Enter');
    await screen.until(/^(signalbox)?> +1\/1 ready$/m);
    await screen.type('gr');
    await screen.keys('Tab');
    await screen.until(/> grep [\s\S]*PATTERN. FILE/);
    await screen.type('root etc');
    await screen.until(/FILE must be an absolute path/);
    await screen.keys('C-u');
    await screen.type('help grep');
    await screen.keys('Enter');
    await screen.until(/Print the lines of a file on the client/);
  });
});

test('a builtin of a plug-in is a command of the shell, with help; its exceptions are reported and fail the script', async () => {
  const path = pluginFile(
    'asks',
    `host.builtin({
       name: 'whoami', usage: 'whoami [fail]', summary: 'Say how many clients there are.', example: 'whoami',
       prepare(context, [word]) {
         return async () => {
           await context.clientsReady();
           if (word) throw new SignalboxError('offline', 'nobody');
           const { length } = await context.service.clients();
           context.output.say(\`\${length} here\`, { here: length });
         };
       },
     })`,
  );
  const { exitCode, program } = await runScript(['whoami', 'help whoami', 'whoami fail'], '--plugin', path);
  expect(program.out[0]).toBe('1 here');
  expect(program.out.join('\n')).toContain('Say how many clients there are.');
  expect(exitCode).toBe(4);
});

describe('an unusable plug-in gives one sentence and exit code 2 before anything has started', () => {
  const tokens =
    'Unexpected token `=`. Expected an identifier, void, yield, null, await, break, a string literal, a numeric literal, true, false, `, -, import, this, typeof, {, [, (';
  const cases: [string, string, (path: string) => string][] = [
    [
      'written for another version',
      `export default { name: 'x', apiVersion: 2, setup() {} }`,
      (path) =>
        `plug-in ${path} cannot be loaded: the plug-in x has apiVersion 2; this signalbox has version 1 of the plug-in API`,
    ],
    [
      'no plug-in',
      'export default 3',
      (path) => `plug-in ${path} cannot be loaded: its default export is not a plug-in made by definePlugin`,
    ],
    [
      'without a default export',
      'export const x = 3',
      (path) => `plug-in ${path} cannot be loaded: its default export is not a plug-in made by definePlugin`,
    ],
    ['one that throws', `throw new Error('two\\nlines')`, (path) => `plug-in ${path} cannot be loaded: two lines`],
    [
      'one with a syntax error',
      'export const x: = 3',
      (path) => `plug-in ${path} cannot be loaded: ${tokens} (${path}:1)`,
    ],
    [
      'one that imports what is not there',
      `import 'no-such-package'`,
      (path) => `plug-in ${path} cannot be loaded: Cannot find package 'no-such-package' imported from ${path}`,
    ],
    [
      'a throwing setup',
      `export default { name: 'x', apiVersion: 1, setup() { throw new Error('no license') } }`,
      () => 'plug-in x cannot be set up: no license',
    ],
    [
      'a rejecting setup',
      `export default { name: 'x', apiVersion: 1, setup: async () => { throw new Error('no license') } }`,
      () => 'plug-in x cannot be set up: no license',
    ],
    ['one that ends the process', 'process.exit(0)', (path) => `plug-in ${path} cannot be loaded: it ends the process`],
    [
      'a setup that ends the process',
      `export default { name: 'x', apiVersion: 1, async setup() { await undefined; process.exit(0) } }`,
      () => 'plug-in x cannot be set up: it ends the process',
    ],
    [
      'an empty file',
      '',
      (path) => `plug-in ${path} cannot be loaded: its default export is not a plug-in made by definePlugin`,
    ],
    [
      'a command that is a builtin',
      `import { ping } from 'signalbox'; export default { name: 'x', apiVersion: 1, setup: (host) => host.contract({ ...ping, name: 'jobs' }) }`,
      () => 'plug-in x cannot be set up: signalbox already provides a builtin jobs',
    ],
    [
      'a command of the project',
      `import { ping } from 'signalbox'; export default { name: 'x', apiVersion: 1, setup: (host) => host.contract({ ...ping }) }`,
      () => 'plug-in x cannot be set up: signalbox already provides a command ping',
    ],
    [
      'an option of the program',
      `import { z } from 'zod'; export default { name: 'log', apiVersion: 1, options: z.object({ level: z.string() }), setup() {} }`,
      () => 'plug-in log: server already has an option --log-level',
    ],
  ];

  /** Nothing is created and nothing listens: otherwise the script would print. */
  async function refused(...flags: string[]): Promise<string[]> {
    const audit = join(place, 'audit.jsonl');
    const made = ['--audit', audit, '--log', join(place, 'log.jsonl')];
    await using program = runIn(place, main, 'server', '--spawn', '1', ...made, ...flags, '-c', 'start');
    expect(await program.exitCode()).toBe(2);
    expect(program.out).toEqual([]);
    expect(readdirSync(place).filter((name) => name.endsWith('.jsonl'))).toEqual([]);
    return program.err;
  }

  test.each(cases)('%s', async (what, text, sentence) => {
    const path = file(`${what.replaceAll(' ', '-')}.ts`, text);
    expect(await refused('--plugin', path)).toEqual([`signalbox: ${sentence(path)}`]);
  });

  test.each([
    ['./missing.ts', 'there is no such file'],
    ['missing', `no such package is installed in ${place}`],
    ['.', 'it is a folder; give the file in it'],
    ['/dev/null', 'it is not a file'],
    [`file://${place}/missing.ts`, 'there is no such file'],
  ])('%s', async (module, why) => {
    expect(await refused('--plugin', module)).toEqual([`signalbox: plug-in ${module} cannot be loaded: ${why}`]);
  });

  test('a file that is given as a package', async () => {
    file('here.ts', '');
    const why = `no such package is installed in ${place}; for the file write ./here.ts`;
    expect(await refused('--plugin', 'here.ts')).toEqual([`signalbox: plug-in here.ts cannot be loaded: ${why}`]);
  });

  test.each([
    ['is loaded', `console.error('begun'); await new Promise(() => {}); export default 3;`],
    [
      'is set up',
      `export default { name: 'x', apiVersion: 1, setup: () => new Promise(() => console.error('begun')) };`,
    ],
  ])('Ctrl-C while one %s ends the program at once', async (what, text) => {
    const path = file(`ctrl-c-${what.replace(' ', '-')}.ts`, text);
    await using program = new Program('server', '--plugin', path, '--spawn', '1', '-c', 'start');
    await program.line(/begun/);
    program.child.kill('SIGINT');
    expect(await program.exitCode()).toBe(130);
    expect(program.err).toEqual(['begun']);
  });

  test('options of a kind that a server does not pass on', async () => {
    const args = [process.execPath, main, 'server', '--plugin', grep, '-c', 'exit'];
    await using program = new ChildProgram('env', ['SIGNALBOX_PLUGIN_OPTIONS=null', ...args]);
    expect(await program.exitCode()).toBe(2);
    expect(program.err).toEqual(['signalbox: SIGNALBOX_PLUGIN_OPTIONS is not a JSON object; only a server sets it']);
  });

  test('the same plug-in twice', async () => {
    expect(await refused('--plugin', grep, '--plugin', grep)).toEqual(['signalbox: two plug-ins are called grep']);
  });

  test('an unknown option, or a value that the plug-in refuses', async () => {
    expect(await refused('--plugin', grep, '--grep-rot', '/')).toEqual([
      "error: unknown option '--grep-rot'",
      '(Did you mean --grep-root?)',
      '(see --help)',
    ]);
    expect(await refused('--plugin', grep, '--grep-summary=2')).toContain(
      "error: option '--grep-summary [yes|no]' argument '2' is invalid. it must be yes or no.",
    );
  });

  test('is reported in JSON too', async () => {
    await using program = new Program('server', '--plugin', './missing.ts', '--output', 'json', '-c', 'start');
    expect(await program.exitCode()).toBe(2);
    expect(program.json.map(({ type, code }) => [type, code])).toEqual([
      ['error', 'bad_usage'],
      ['summary', undefined],
    ]);
  });

  test('ends a client too', async () => {
    await using program = new Program('client', '--plugin', './missing.ts');
    expect(await program.exitCode()).toBe(2);
  });
});

describe('after the start', () => {
  test.each([
    ['an exception in a timer', `setTimeout(() => { throw new Error('late') })`],
    ['a rejection that nobody handles', `setTimeout(() => void Promise.reject(new Error('late')))`],
    ['what is no error', `setTimeout(() => { throw 'late' })`],
    [
      'an exception again and again',
      `const t = setInterval(() => { throw new Error('late') }, 1); host.onEnd(() => clearInterval(t))`,
    ],
    [
      'an exception where it listens',
      `process.on('signalbox-test', () => { throw new Error('late') }); host.onStart(() => void queueMicrotask(() => process.emit('signalbox-test')))`,
    ],
  ])('%s of a plug-in is reported once, by its name, and ends nothing', async (what, setup) => {
    const path = pluginFile(`late-${what.replaceAll(/[^a-z]/g, '')}`, setup);
    const name = `late-${what.replaceAll(/[^a-z]/g, '')}`;
    await using program = new Program(
      'server',
      '--plugin',
      path,
      '--spawn',
      '1',
      '--output',
      'json',
      '-c',
      'start',
      '-c',
      'calculate 1 x; ping',
    );
    expect(await program.exitCode()).toBe(0);
    expect(program.json.at(-1)).toMatchObject({ type: 'summary', completed: 3 });
    const said = program.err.filter((line) => /^plug-in/.test(line));
    expect(said).toEqual([`plug-in ${name} failed: late`]);
    expect(program.err.filter((line) => line.startsWith('w1: ')).length).toBeLessThanOrEqual(1);
  });

  test('process.exit of a plug-in is not a success', async () => {
    const path = pluginFile(
      'leaves',
      `host.observer({ name: 'leaves', on({ type }) { if (type === 'job.settled') process.exit(0); } })`,
    );
    await using program = new Program('server', '--plugin', path, '--spawn', '1', '-c', 'start; ping');
    expect(await program.exitCode()).toBe(1);
    expect(program.err).toContain('signalbox: plug-in leaves ended the process');
  });

  test('an exception from outside a plug-in ends the program', async () => {
    const other = file(
      'other.mjs',
      `process.nextTick(() => setTimeout(() => { throw new Error('not of a plug-in') }, 500));`,
    );
    const path = pluginFile('innocent', '');
    const args = ['--import', other, main, 'server', '--plugin', path, '--spawn', '1', '-c', 'sleep 1m'];
    await using program = new ChildProgram(process.execPath, args);
    expect(await program.exitCode()).toBe(1);
    expect(program.err.join('\n')).toMatch(/not of a plug-in/);
  });
});

describe('a configuration', () => {
  test('like the one of the example starts its client and loads its plug-in', async () => {
    const example = fileURLToPath(new URL('../../examples/plugin/signalbox.yaml', import.meta.url));
    await using program = new Program('server', '--config', example, '-c', 'start; grep root /etc/passwd');
    expect(await program.exitCode()).toBe(0);
  });

  test('loads plug-ins by paths relative to its file, with their options, for the clients of --spawn too', async () => {
    file('etc/own.ts', strict);
    file('etc/helper.ts', helper);
    const config = file(
      'etc/signalbox.yaml',
      `server: { spawn: 1, output: json }\nplugins:\n  ${grep}: { root: /etc }\n  ./own.ts:\n`,
    );
    await using program = new Program('server', '--config', config, '-c', 'start; same', '-c', 'grep x /proc/version');
    expect(await program.exitCode()).toBe(7);
    expect(program.about('result', 'same')).toMatchObject([{ outcome: 'completed', result: true }]);
    expect(program.json.find(({ type }) => type === 'error')).toMatchObject({
      message: 'grep: /proc/version is outside of /etc',
    });
  });

  test('has a lower priority than the command line and the environment, for options of plug-ins too', async () => {
    const config = file('signalbox.yaml', `plugins:\n  ${grep}: { root: /tmp, summary: false }\n`);
    const args = [
      main,
      'server',
      '--config',
      config,
      '--spawn',
      '1',
      '--grep-root',
      '/',
      '-c',
      'start; grep x /etc/passwd',
    ];
    const env = ['SIGNALBOX_GREP_ROOT=/home', 'SIGNALBOX_GREP_SUMMARY=on'];
    await using program = new ChildProgram('env', [...env, process.execPath, ...args]);
    expect(await program.exitCode()).toBe(0);
    expect(program.err.filter((line) => line.startsWith('grep: '))).toHaveLength(1);
  });

  test('with wrong options for a plug-in names their place, and starts nothing', async () => {
    const config = file('wrong.yaml', `plugins:\n  ${grep}:\n    rot: /\n    summary: 3\n`);
    await using program = new Program('server', '--config', config, '--spawn', '1', '-c', 'start');
    expect(await program.exitCode()).toBe(2);
    expect(program.err).toEqual([
      `signalbox: ${config} is not a valid configuration:`,
      `${config}:3:5: plug-in grep has no option rot; did you mean root?`,
      `${config}:4:14: plug-in grep: option summary: Invalid input: expected boolean, received number`,
    ]);
  });
});

test('without --plugin no part of it is loaded', () => {
  const args = ['--input-type=module', '-e'];
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    process.on('exit', () => console.error(loaded.filter((url) => /plugins(?!.presence.(subcommands|model)|.check.subcommands)|set-up|plugin-scope|yaml/.test(url)).length));
    process.argv.splice(1, 0, ${JSON.stringify(main)});
    await import(${JSON.stringify(main)});`;
  const ran = execFileSync('sh', [
    '-c',
    '"$@" 2>&1',
    'sh',
    process.execPath,
    ...args,
    script,
    'server',
    '--bind',
    'tcp://127.0.0.1:*',
    '-c',
    'exit',
  ]);
  expect(ran.toString().trim().split('\n').at(-1)).toBe('0');
});
