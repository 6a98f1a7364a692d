import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCli } from '../../src/program/cli.ts';
import type { Handlers } from '../../src/program/command-tree.ts';

beforeEach(() => void vi.stubEnv('SIGNALBOX_STORE', undefined));
afterEach(() => void vi.unstubAllEnvs());

/** Calls the program's command line without a process, and reports which handler was called with which options. */
async function run(
  args: readonly string[],
  { exitCode = 0, env = {} }: { exitCode?: number; env?: NodeJS.ProcessEnv } = {},
) {
  const calls: { name: string; given: unknown[] }[] = [];
  const written = { out: '', err: '' };
  const handler =
    (name: string) =>
    async (...given: unknown[]) => {
      calls.push({ name, given });
      return exitCode;
    };
  const handlers: Handlers = {
    server: handler('server'),
    client: handler('client'),
    attach: handler('attach'),
    health: handler('health'),
    initKeys: handler('initKeys'),
    addKeys: handler('addKeys'),
    listKeys: handler('listKeys'),
    revokeKeys: handler('revokeKeys'),
    initTls: handler('initTls'),
    addServerTls: handler('addServerTls'),
    addOperatorTls: handler('addOperatorTls'),
    addOperator: handler('addOperator'),
    listOperators: handler('listOperators'),
    removeOperator: handler('removeOperator'),
    rotateOperator: handler('rotateOperator'),
    addContext: handler('addContext'),
    useContext: handler('useContext'),
    listContexts: handler('listContexts'),
    removeContext: handler('removeContext'),
    storeInfo: handler('storeInfo'),
    exportStore: handler('exportStore'),
    vacuumStore: handler('vacuumStore'),
    copyStore: handler('copyStore'),
    checkWorkflows: handler('checkWorkflows'),
    ofPlugin: handler('ofPlugin'),
    completion: handler('completion'),
    complete: handler('complete'),
  };
  const ended = await runCli(args, {
    handlers,
    env,
    writeOut: (text) => (written.out += text),
    writeErr: (text) => (written.err += text),
  });
  return { ended, calls, ...written };
}

test.each([
  [['server'], 'server'],
  [['client'], 'client'],
  [['health', '--at', '/run/h'], 'health'],
  [['keys', 'init'], 'initKeys'],
  [['keys', 'add', 'w1'], 'addKeys'],
  [['keys', 'list'], 'listKeys'],
  [['keys', 'revoke', 'w1'], 'revokeKeys'],
  [['tls', 'init', 'certs'], 'initTls'],
  [['tls', 'operator', 'ada', 'certs'], 'addOperatorTls'],
  [['tls', 'server', 'box2', 'certs', '--host', 'box2'], 'addServerTls'],
  [['operators', 'add', 'ada', '--role', 'viewer'], 'addOperator'],
  [['operators', 'list'], 'listOperators'],
  [['operators', 'remove', 'ada'], 'removeOperator'],
  [['operators', 'rotate', 'ada'], 'rotateOperator'],
  [['context', 'add', 'prod', 'https://box:8443', '--token-file', 't'], 'addContext'],
  [['context', 'use'], 'useContext'],
  [['context', 'list', '--json'], 'listContexts'],
  [['context', 'remove', 'prod'], 'removeContext'],
  [['store', 'info', '--json'], 'storeInfo'],
  [['store', 'export'], 'exportStore'],
  [['store', 'vacuum'], 'vacuumStore'],
  [['store', 'copy', 'sqlite:a', 'sqlite:b'], 'copyStore'],
  [['completion', 'zsh'], 'completion'],
  [['complete', 'signalbox --', ' :'], 'complete'],
])('%j calls one handler, whose exit code is that of the program', async (args, name) => {
  const { ended, calls, out, err } = await run(args, { exitCode: 7 });
  expect({ ended, out, err }).toEqual({ ended: 7, out: '', err: '' });
  expect(calls.map((call) => call.name)).toEqual([name]);
});

test('a handler gets its parsed options', async () => {
  const { calls } = await run([
    ...['server', '--spawn', '2', '-c', 'start', '-c', 'ping', '--timeout', '2m', '--metrics', ':9464', '--echo'],
  ]);
  expect(calls[0]?.given[0]).toEqual({
    ...{
      output: 'text',
      exitCode: 'script',
      connectTimeout: 30_000,
      lostAfter: 60_000,
      recoverWithin: 3_600_000,
      keep: 2_592_000_000,
      keepBytes: 1_073_741_824,
      logLevel: 'info',
    },
    ...{
      spawn: 2,
      command: ['start', 'ping'],
      timeout: 120_000,
      metrics: { host: '127.0.0.1', port: 9464 },
      echo: true,
    },
  });
});

test('names of clients come before the options of keys', async () => {
  const { calls } = await run(['keys', 'add', 'w1', 'w2', '--replicas', '--keys', 'k']);
  expect(calls[0]?.given.slice(0, 2)).toEqual([['w1', 'w2'], { replicas: true, keys: 'k' }]);
});

test.each([
  [['server', '--spwan', '2'], '(Did you mean --spawn?)'],
  [['server', '--spawn', 'two'], 'it must be a whole number from 0 to 9999.'],
  [['server', '--timeout', '5x'], 'it must be'],
  [['client', '--log-level', 'loud'], 'Allowed choices are debug, info, warn, error.'],
  [['health'], "required option '--at <socket>' not specified"],
  [['nope'], "unknown command 'nope'"],
])('%j calls no handler, says why and ends with 2', async (args, reason) => {
  const { ended, calls, err } = await run(args);
  expect(ended).toBe(2);
  expect(calls).toEqual([]);
  expect(err).toContain(reason);
});

test('help is written and ends with 0, without a handler', async () => {
  const { ended, calls, out } = await run(['server', '--help']);
  expect({ ended, calls }).toEqual({ ended: 0, calls: [] });
  expect(out).toContain('Usage: signalbox server [options]');
});

test('the caller gets the exceptions of a handler', async () => {
  const thrown = new Error('from the handler');
  const handlers = { server: () => Promise.reject(thrown) } as unknown as Handlers;
  await expect(runCli(['server'], { handlers, env: {}, writeOut() {}, writeErr() {} })).rejects.toBe(thrown);
});

test('a store with a password is refused on the command line, where others can read it, and accepted from the environment', async () => {
  const store = 'postgres://u:secret@h/d';
  const typed = await run(['server', '--store', store]);
  expect({ ended: typed.ended, calls: typed.calls }).toEqual({ ended: 2, calls: [] });
  expect(typed.err).not.toContain('secret');
  vi.stubEnv('SIGNALBOX_STORE', store);
  const { calls } = await run(['server']);
  expect(calls[0]?.given[0]).toMatchObject({ store });
});

describe('--headless does not take options of a prompt or script', () => {
  test.each([
    [['-c', 'ping'], {}, "'-c, --command <line>'"],
    [['--begin', 'use online'], {}, "'--begin <line>'"],
    [['--wait-clients', '1'], {}, "'--wait-clients <n>'"],
    [['--connect-timeout', '30s'], {}, "'--connect-timeout <d>'"],
    [['--output', 'json'], {}, "'--output <format>'"],
    [[], { SIGNALBOX_KEEP_GOING: 'yes' }, "SIGNALBOX_KEEP_GOING (option '--keep-going')"],
    [[], { SIGNALBOX_ECHO: 'yes' }, "SIGNALBOX_ECHO (option '--echo')"],
  ])('%j %j', async (args, env, named) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { ended, calls, err } = await run(['server', '--headless', ...args], { env: process.env });
    expect({ ended, calls }).toEqual({ ended: 2, calls: [] });
    expect(err).toContain(`--headless has no prompt or script, so it does not accept ${named}`);
  });

  test('options that are set by default do not count as given', async () => {
    const { ended, calls } = await run(['server', '--headless', '--output', 'text', '--timeout', '1h', '--spawn', '1']);
    expect({ ended, calls: calls.length }).toEqual({ ended: 0, calls: 1 });
  });
});

test.each(['SIGNALBOX_STORE', 'SIGNALBOX_TRACES'])('a password in a wrong address of %s is not shown', async (name) => {
  vi.stubEnv(name, 'Postgres://u:secret@h/d');
  const { ended, err } = await run(['server']);
  expect(ended).toBe(2);
  expect(err).toContain("'Postgres://u:…@h/d'");
  vi.stubEnv(name, undefined);
});
