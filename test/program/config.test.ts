import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { type Handlers, runCli } from '../../src/program/cli.ts';
import { extend } from '../../src/program/plugins/extend.ts';

const place = mkdtempSync(join(tmpdir(), 'signalbox-config-'));
const path = join(place, 'signalbox.yaml');
const root = new URL('../..', import.meta.url);
afterAll(() => rmSync(place, { recursive: true }));
afterEach(() => void vi.unstubAllEnvs());

/** The options that a subcommand ends up with. @throws what is wrong with the configuration. */
async function optionsOf(args: readonly string[], env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  let given: Record<string, unknown> = {};
  const handler = async (options: object) => {
    given = { ...options };
    return 0;
  };
  const handlers = { server: handler, client: handler } as unknown as Handlers;
  let err = '';
  const exitCode = await runCli(args, {
    handlers,
    env: process.env,
    writeOut() {},
    writeErr: (text) => {
      err += text;
    },
    extend: (command, all, switchedOff) => extend(command, all, { env: process.env, folder: place, switchedOff }),
  });
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  const { plugins, ...rest } = given as { plugins?: { setUp(options: object): Promise<unknown> } };
  await plugins?.setUp({ side: 'server' });
  return rest;
}

/** What is wrong with a file of this text, without its path. */
async function wrongIn(text: string | Buffer, subcommand = 'server'): Promise<string[]> {
  writeFileSync(path, text);
  const error = await optionsOf([subcommand, '--config', path]).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'bad_usage' });
  return error.message.replaceAll(`${path}:`, '').split('\n').slice(1);
}

describe('command line before environment before file', () => {
  test.each<[string, string, string, string[], unknown, unknown, unknown]>([
    ['server', 'spawn: 1', 'SPAWN=2', ['--spawn', '3'], 1, 2, 3],
    ['server', 'timeout: 30s', 'TIMEOUT=1m', ['--timeout', '2m'], 30_000, 60_000, 120_000],
    ['server', 'connectTimeout: 250ms', 'CONNECT_TIMEOUT=1', ['--connect-timeout', '2'], 250, 1_000, 2_000],
    ['server', 'output: json', 'OUTPUT=text', ['--output', 'json'], 'json', 'text', 'json'],
    ['server', 'echo: true', 'ECHO=false', ['--echo'], true, undefined, true],
    ['server', 'echo: false', 'ECHO=true', ['--echo'], false, true, true],
    ['server', 'logLevel: warn', 'LOG_LEVEL=error', ['--log-level', 'debug'], 'warn', 'error', 'debug'],
    ['server', 'keys: k', 'KEYS=e', ['--keys', 'c'], join(place, 'k'), 'e', 'c'],
    ['server', 'log: "-"', 'LOG=e', ['--log', 'c'], '-', 'e', 'c'],
    ['client', 'allow: [run, ping]', 'ALLOW=ping', ['--allow', 'calculate'], ['run', 'ping'], ['ping'], ['calculate']],
    [
      'client',
      'connect: tcp://f:1',
      'CONNECT=tcp://e:1',
      ['--connect', 'tcp://c:1'],
      'tcp://f:1',
      'tcp://e:1',
      'tcp://c:1',
    ],
    ['client', 'ready: true', 'READY=off', ['--ready'], true, undefined, true],
  ])('%s: %s', async (subcommand, line, variable, args, byFile, byEnv, byArgs) => {
    writeFileSync(path, `${subcommand}:\n  ${line}\n`);
    const [key = ''] = line.split(':');
    const [name = '', value = ''] = variable.split('=');
    const env = { [`SIGNALBOX_${name}`]: value };
    const given = [subcommand, '--config', path];
    expect((await optionsOf(given))[key]).toEqual(byFile);
    expect((await optionsOf(given, env))[key]).toEqual(byEnv);
    expect((await optionsOf([...given, ...args], env))[key]).toEqual(byArgs);
  });

  test('the file itself may be given by the environment, and its other section changes nothing', async () => {
    writeFileSync(path, 'client:\n  name: w1\nserver:\n  log: here.jsonl\n');
    expect(await optionsOf(['client'], { SIGNALBOX_CONFIG: path })).toMatchObject({ name: 'w1' });
    expect(await optionsOf(['client'], { SIGNALBOX_CONFIG: path })).not.toHaveProperty('log');
  });

  test.each(['', '# nothing\n', 'server:\n', 'server: {}\nplugins: {}\n'])('%j changes nothing', async (text) => {
    writeFileSync(path, text);
    const { config, ...options } = await optionsOf(['server', '--config', path]);
    expect(options).toEqual(await optionsOf(['server']));
  });
});

describe('what is wrong is said with its place', () => {
  test('all of it at once, in the order of the file', async () => {
    const text = `server:
  spawn: two
  wait-clients: 3
  echo: yes
  output: xml
  timeout: soon
  metrics: nope
clients: 3
client:
  allow: ping
plugins:
  - x
`;
    expect(await wrongIn(text)).toEqual([
      "2:10: server.spawn must be a number, not 'two'",
      '3:3: server has no option wait-clients; did you mean waitClients?',
      "4:9: server.echo must be true or false, not 'yes'",
      "5:11: server.output must be one of text, json, not 'xml'",
      "6:12: server.timeout: it must be a duration such as 250ms, 3s, 2m, 1h or 7d, not 'soon'",
      "7:12: server.metrics: it is :PORT on loopback, or HOST:PORT, not 'nope'",
      '8:1: the configuration has no section clients; did you mean client?',
      "10:10: client.allow must be a list, not 'ping'",
      '12:3: plugins must be a map, not a list',
    ]);
  });

  test.each<[string, string, string[]]>([
    ['a key that comes twice', 'server:\n  spawn: 1\n  spawn: 2\n', ['3:3: Map keys must be unique']],
    ['a second document', 'server: {}\n---\nclient: {}\n', ['2:1: a configuration is one document']],
    ['a tag', 'server: !!js/function x\n', ['1:9: Unresolved tag: tag:yaml.org,2002:js/function']],
    ['a list', '- server\n', ['1:1: the configuration must be a map of options, not a list']],
    ['a number too large', 'server:\n  spawn: 10000\n', ['2:10: server.spawn: Too big: expected number to be <=9999']],
    [
      'a name out of an object',
      'server:\n  __proto__: {}\n  constructor: 1\n',
      ['2:3: server has no option __proto__', '3:3: server has no option constructor'],
    ],
    [
      'a name that maps leave out',
      'plugins:\n  __proto__: { a: 1 }\n  x:\n    deep: [{ __proto__: { a: 1 } }]\n',
      ['2:3: nothing can be called __proto__', '4:14: nothing can be called __proto__'],
    ],
    [
      'the first line after a byte order mark',
      '\ufeffservr: 1\n',
      ['1:1: the configuration has no section servr; did you mean server?'],
    ],
    [
      'lines that end as on Windows',
      'server:\r\n  spawn: x\r\n  eco: true\r\n',
      ["2:10: server.spawn must be a number, not 'x'", '3:3: server has no option eco; did you mean echo?'],
    ],
    ['a tab', 'server:\n\tspawn: 1\n', ['2:1: Tabs are not allowed as indentation']],
    ['a merge key', 'client: &a { log: x }\nserver:\n  <<: *a\n', ['3:3: server has no option <<']],
    [
      'the words of YAML 1.1',
      '%YAML 1.1\n---\nserver:\n  echo: yes\n',
      ["4:9: server.echo must be true or false, not 'yes'"],
    ],
    ['a set of YAML 1.1', '%YAML 1.1\n---\nserver: !!set { keys }\n', ['3:9: Unresolved tag: tag:yaml.org,2002:set']],
    ['a list as a key', '? [a, b]\n: 1\n', ['1:1: the configuration has no section [ a, b ]']],
    ['a number with underscores', 'server:\n  spawn: 1_000\n', ["2:10: server.spawn must be a number, not '1_000'"]],
    ['nothing for an option', 'server:\n  log:\n', ['2:7: server.log must be a text, not null']],
  ])('%s', async (_, text, lines) => {
    expect(await wrongIn(text)).toEqual(lines);
  });

  test('aliases that multiply', async () => {
    const level = (name: string, before: string) => `${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`;
    const names = [...'abcdefghi'];
    const text = ['x: &x [lol]', ...names.map((name, index) => level(name, names[index - 1] ?? 'x'))].join('\n');
    expect(await wrongIn(text)).toEqual(['1:1: Excessive alias count indicates a resource exhaustion attack']);
  });
});

describe('a configuration that cannot be read', () => {
  const read = (file: string) => optionsOf(['server', '--config', file]);

  test('is not UTF-8', async () => {
    writeFileSync(path, Buffer.from('server:\n  log: caf\xe9\n', 'latin1'));
    await expect(read(path)).rejects.toThrow('cannot be read: it is not UTF-8');
    writeFileSync(path, Buffer.from('\ufeffserver:\n', 'utf16le'));
    await expect(read(path)).rejects.toThrow('cannot be read: it is not UTF-8');
  });

  test('is missing, a folder, a pipe, a device or too large', async () => {
    const pipe = join(place, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(read(join(place, 'none'))).rejects.toThrow(/^the configuration .*none cannot be read: ENOENT/);
    await expect(read(place)).rejects.toThrow('cannot be read: it is a folder');
    await expect(read(pipe)).rejects.toThrow('cannot be read: it is no file');
    await expect(read('/dev/zero')).rejects.toThrow('cannot be read: it is no file');
    writeFileSync(path, '#'.repeat(1024 * 1024 + 1));
    await expect(read(path)).rejects.toThrow('cannot be read: it is larger than 1048576 bytes');
  });

  test.skipIf(process.getuid?.() === 0)('is not ours to read', async () => {
    writeFileSync(path, '');
    chmodSync(path, 0);
    await expect(read(path)).rejects.toThrow('cannot be read: EACCES');
    chmodSync(path, 0o600);
  });
});

test('the JSON Schema is that of the code', () => {
  execFileSync(process.execPath, ['scripts/config-schema.ts', '--check'], { cwd: root });
});
