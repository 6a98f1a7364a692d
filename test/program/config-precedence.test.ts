import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Option } from 'commander';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientOptions, serverOptions } from '../../src/program/options/programs.ts';
import { optionsOf as optionsIn } from './options-of.ts';

const place = mkdtempSync(join(tmpdir(), 'signalbox-config-'));
const path = join(place, 'signalbox.yaml');
afterAll(() => rmSync(place, { recursive: true }));
beforeEach(() => void vi.stubEnv('SIGNALBOX_STORE', undefined));
afterEach(() => void vi.unstubAllEnvs());

const optionsOf = (args: readonly string[], env: Record<string, string> = {}) =>
  optionsIn(args, { env, folder: place });

/** As a user types it: a map as NAME=VALUE. */
const textOf = (value: string | number | string[] | Record<string, string>): string =>
  typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value)
        .map((pair) => pair.join('='))
        .join()
    : String(value);

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
    [
      'client',
      'label: { env: f }',
      'LABEL=env=e',
      ['--label', 'env=c', '--label', 'a=b'],
      { env: 'f' },
      { env: 'e' },
      { env: 'c', a: 'b' },
    ],
    ['client', 'ready: true', 'READY=off', ['--ready'], true, undefined, true],
  ])('%s: %s', async (subcommand, line, variable, args, byFile, byEnv, byArgs) => {
    writeFileSync(path, `${subcommand}:\n  ${line}\n`);
    const [key = ''] = line.split(':');
    const [name = '', ...values] = variable.split('=');
    const value = values.join('=');
    const env = { [`SIGNALBOX_${name}`]: value };
    const given = [subcommand, '--config', path];
    expect((await optionsOf(given))[key]).toEqual(byFile);
    expect((await optionsOf(given, env))[key]).toEqual(byEnv);
    expect((await optionsOf([...given, ...args], env))[key]).toEqual(byArgs);
  });

  const texts: Readonly<
    Record<string, readonly [file: string | number | string[] | Record<string, string>, env: string, args: string]>
  > = {
    bind: ['tcp://f:1', 'tcp://e:1', 'tcp://c:1'],
    connect: ['tcp://f:1', 'tcp://e:1', 'tcp://c:1'],
    spawn: [1, '2', '3'],
    waitClients: [0, '2', '3'],
    output: ['json', 'text', 'json'],
    exitCode: ['job', 'script', 'job'],
    connectTimeout: ['1s', '2s', '3s'],
    timeout: ['1s', '2s', '3s'],
    begin: ['use f', 'use e', 'use c'],
    lostAfter: ['1s', '2s', '3s'],
    recoverWithin: ['1s', '2s', '3s'],
    forgetAfter: ['1s', '2s', '3s'],
    store: ['sqlite:/f', 'sqlite:/e', 'memory'],
    presence: ['127.0.0.1:1', '127.0.0.1:2', '[::1]:3'],
    api: ['https://127.0.0.1:1', 'https://127.0.0.1:2', 'https://[::1]:3'],
    tlsMin: ['1.2', '1.3', '1.2'],
    storeSync: ['full', 'normal', 'full'],
    keep: ['1d', '2d', '3d'],
    keepBytes: ['1M', '2M', '3M'],
    metrics: [':1', ':2', ':3'],
    traces: ['http://f:1', 'http://e:1', 'http://c:1'],
    logLevel: ['debug', 'warn', 'error'],
    name: ['f', 'e', 'c'],
    allow: [['ping', 'run'], 'ping', 'run'],
    label: [{ env: 'f' }, 'env=e', 'env=c'],
    group: [{ web: 'f*,!f1' }, 'web=e*;db=e1', 'web=c*,!c[1-2]'],
  };
  const paths = [
    'keys',
    'audit',
    'health',
    'log',
    'credentials',
    'socketDir',
    'state',
    'workflows',
    'userSecretFile',
    'tlsCert',
    'tlsKey',
    'tlsClientCa',
  ];
  const sections: Readonly<Record<'server' | 'client', Option[]>> = {
    server: serverOptions(),
    client: clientOptions(),
  };
  const all = Object.entries(sections).flatMap(([section, options]) =>
    options
      .filter(({ envVar }) => envVar && !/PLUGINS|CONFIG/.test(envVar))
      .map((option) => [section, option] as const),
  );

  test.each(all.map(([section, option]) => [`${section} ${option.long}`, section, option] as const))(
    '%s',
    async (_, section, option) => {
      const key = option.attributeName();
      const read = async (env: Record<string, string>, ...args: string[]) => {
        vi.unstubAllEnvs();
        vi.stubEnv('SIGNALBOX_STORE', undefined);
        return (await optionsOf([section, ...args], env))[key];
      };
      const flag = option.long ?? '';
      const variable = option.envVar ?? '';
      const given = ['--config', path];
      const write = (value: unknown) => writeFileSync(path, JSON.stringify({ [section]: { [key]: value } }));
      if (option.isBoolean()) {
        write(true);
        expect(await read({}, ...given)).toBe(true);
        expect(await read({ [variable]: 'no' }, ...given)).toBeUndefined();
        expect(await read({ [variable]: 'no' }, ...given, flag)).toBe(true);
        write(false);
        expect(await read({}, ...given)).toBe(false);
        expect(await read({ [variable]: 'yes' }, ...given)).toBe(true);
        expect(await read({}, ...given, flag)).toBe(true);
        return;
      }
      const [inFile, inEnv, inArgs] = texts[key] ?? (paths.includes(key) ? ['f', 'e', 'c'] : []);
      if (inFile === undefined || inEnv === undefined || inArgs === undefined) throw new Error(`no values for ${key}`);
      write(inFile);
      const asGiven = paths.includes(key) ? join(place, 'f') : textOf(inFile);
      expect(await read({}, ...given)).toEqual(await read({}, flag, asGiven));
      expect(await read({ [variable]: inEnv }, ...given)).toEqual(await read({}, flag, inEnv));
      expect(await read({ [variable]: inEnv }, ...given, flag, inArgs)).toEqual(await read({}, flag, inArgs));
    },
  );

  test('the environment may name the file, whose other section changes nothing', async () => {
    writeFileSync(path, 'client:\n  name: w1\nserver:\n  log: here.jsonl\n');
    expect(await optionsOf(['client'], { SIGNALBOX_CONFIG: path })).toMatchObject({ name: 'w1' });
    expect(await optionsOf(['client'], { SIGNALBOX_CONFIG: path })).not.toHaveProperty('log');
  });

  test.each(['', '# nothing\n', 'server:\n', 'server: {}\nplugins: {}\n'])('%j changes nothing', async (text) => {
    writeFileSync(path, text);
    // Read again on SIGHUP.
    const { config, standing, roles, notify, ...options } = await optionsOf(['server', '--config', path]);
    expect(options).toEqual(await optionsOf(['server']));
  });
});
