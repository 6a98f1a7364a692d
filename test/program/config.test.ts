import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { optionsOf as optionsIn } from './options-of.ts';

const place = mkdtempSync(join(tmpdir(), 'signalbox-config-'));
const path = join(place, 'signalbox.yaml');
const root = new URL('../..', import.meta.url);
afterAll(() => rmSync(place, { recursive: true }));

const optionsOf = (args: readonly string[]) => optionsIn(args, { folder: place });

/** The errors in a file of this text, without its path. */
async function wrongIn(text: string | Buffer, subcommand = 'server'): Promise<string[]> {
  writeFileSync(path, text);
  const error = await optionsOf([subcommand, '--config', path]).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'bad_usage' });
  return error.message.replaceAll(`${path}:`, '').split('\n').slice(1);
}

describe('an error names its place', () => {
  test('all errors are reported at once, in the order of the file', async () => {
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
      "7:12: server.metrics: it must be :PORT for loopback, or HOST:PORT, not 'nope'",
      '8:1: the configuration has no section clients; did you mean client?',
      "10:10: client.allow must be a list, not 'ping'",
      '12:3: plugins must be a map, not a list',
    ]);
  });

  test.each<[string, string, string[]]>([
    [
      'a password in a wrong address',
      'server:\n  store: Postgres://u:secret@h/d\n',
      [
        "2:10: server.store: it must be memory, sqlite, sqlite:PATH or an address such as postgres://HOST/DATABASE, not 'Postgres://u:…@h/d'",
      ],
    ],
    ['a key that comes twice', 'server:\n  spawn: 1\n  spawn: 2\n', ['3:3: Map keys must be unique']],
    ['a second document', 'server: {}\n---\nclient: {}\n', ['2:1: a configuration must be a single document']],
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
      ['2:3: __proto__ is not permitted as a key', '4:14: __proto__ is not permitted as a key'],
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
    [
      'secrets that are none, of which nothing is quoted',
      'secrets:\n  A: hunter2\n  B: { file: x, env: Y, workflows: [n] }\n  C: { text: hunter2, workflows: [n] }\n  D: { env: X }\n  d e: { env: X, workflows: [] }\n',
      [
        '2:6: secrets.A.workflows is missing: a list',
        '3:6: secrets.B: give either file or env',
        '4:6: secrets.C: give either file or env',
        '4:8: secrets.C has no option text',
        '5:6: secrets.D.workflows is missing: a list',
        '6:3: secrets.d e: a name is [A-Za-z_][A-Za-z0-9_-]*, at most 63 characters',
      ],
    ],
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
    await expect(read(pipe)).rejects.toThrow('cannot be read: it is not a regular file');
    await expect(read('/dev/zero')).rejects.toThrow('cannot be read: it is not a regular file');
    writeFileSync(path, '#'.repeat(1024 * 1024 + 1));
    await expect(read(path)).rejects.toThrow('cannot be read: it is larger than 1048576 bytes');
  });

  test.skipIf(process.getuid?.() === 0)('is not readable for this user', async () => {
    writeFileSync(path, '');
    chmodSync(path, 0);
    await expect(read(path)).rejects.toThrow('cannot be read: EACCES');
    chmodSync(path, 0o600);
  });
});

/** For each configuration: the result of the program and that of the JSON Schema. */
test.each<[boolean, unknown]>([
  [true, {}],
  [true, { server: null, client: null, plugins: null }],
  [true, { server: { timeout: '1.5m', metrics: ':9090', traces: 'https://c:4318', spawn: 0 }, plugins: {} }],
  [true, { server: { timeout: '10', lostAfter: '250ms', metrics: '[::1]:1' }, client: { allow: [] } }],
  [true, { secrets: { A: { file: 'a', workflows: ['nightly'] }, b_: { env: 'B', workflows: ['x', 'y'] } } }],
  [false, { secrets: { A: { file: 'a' } } }],
  [false, { secrets: { A: 'hunter2' } }],
  [false, { secrets: { A: { env: 'B', workflows: [] } } }],
  [false, { secrets: { A: { env: 'B', workflows: 'x' } } }],
  [false, []],
  [false, { servers: {} }],
  [false, { server: { spwan: 1 } }],
  [false, { server: { spawn: '1' } }],
  [false, { server: { spawn: 1.5 } }],
  [false, { server: { spawn: 10_000 } }],
  [false, { server: { timeout: 30 } }],
  [false, { server: { timeout: 'soon' } }],
  [false, { server: { lostAfter: '-1s' } }],
  [false, { server: { connectTimeout: '1 s' } }],
  [false, { server: { metrics: '9090' } }],
  [false, { server: { traces: 'c:4318' } }],
  [false, { server: { output: 'xml' } }],
  [false, { server: { echo: 'yes' } }],
  [false, { server: { log: '' } }],
  [false, { client: { allow: 'ping' } }],
  [false, { client: { allow: [''] } }],
  [false, { client: { spawn: 1 } }],
  [false, { plugins: [] }],
  [false, { plugins: { '': {} } }],
  [false, { plugins: { './x.ts': [] } }],
])('a configuration is valid (%s) for the program and for its JSON Schema: %j', async (isRight, config) => {
  const schema = z.fromJSONSchema(JSON.parse(readFileSync(new URL('schemas/config.schema.json', root), 'utf8')));
  expect(schema.safeParse(config).success).toBe(isRight);
  writeFileSync(path, JSON.stringify(config));
  const read = optionsOf(['server', '--config', path]);
  if (isRight) await read;
  else await expect(read).rejects.toMatchObject({ code: 'bad_usage' });
});

test('the JSON Schema is that of the code', () => {
  execFileSync(process.execPath, ['scripts/config-schema.ts', '--check'], { cwd: root });
});
