import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KeyStore } from '../../src/keys/key-store.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { inShell, Program } from '../support/program.ts';

function newKeys(): string {
  const folder = join(newFolder(), 'keys');
  const store = new KeyStore(folder);
  store.init();
  store.add('w1');
  return folder;
}

describe('a reader that has gone', () => {
  const closed = '{ "$@"; echo "code $?" >&2; } | true';

  test.each([['--version'], ['--help'], ['client --help'], ['keys add --help'], ['help server']])(
    'is no error to signalbox %s',
    async (words) => {
      await using program = inShell(closed, ...words.split(' '));
      await program.line(/^code 0$/);
      expect(program.err).toEqual(['code 0']);
    },
  );

  test('is not an error for keys, and the work is done', async () => {
    const keys = newKeys();
    for (const args of [['add', 'w2'], ['list'], ['list', '--json'], ['revoke', 'w1']]) {
      await using program = inShell(closed, 'keys', ...args, '--keys', keys);
      await program.line(/^code 0$/);
      expect(program.err).toEqual(['code 0']);
    }
    expect(new KeyStore(keys).list().map(({ name }) => name)).toEqual(['w2']);
  });
});

describe('a full disk', () => {
  const keys = () => ['--keys', newKeys()];

  test.each([
    ['--version', () => ['--version']],
    ['server --help', () => ['server', '--help']],
    ['keys list', () => ['keys', 'list', ...keys()]],
    ['keys add', () => ['keys', 'add', 'w2', ...keys()]],
  ])('is an error for %s, reported once, with exit code 1', async (_, args) => {
    await using program = inShell('exec "$@" > /dev/full', ...args());
    expect(await program.exitCode()).toBe(1);
    expect(program.err).toEqual([
      expect.stringMatching(/^signalbox: standard output can no longer be written: ENOSPC/),
    ]);
  });
});

describe('standard error that cannot be written', () => {
  const bind = ['--bind', 'tcp://127.0.0.1:*', '--wait-clients', '0'];

  test.each([
    ['bad usage', 2, () => ['server', '--bind', 'nonsense']],
    ['missing keys', 7, () => ['server', '--keys', '/nosuch', ...bind]],
    ['missing credentials', 7, () => ['client', '--credentials', '/nosuch']],
    ['a taken name', 2, () => ['keys', 'add', 'w1', '--keys', newKeys()]],
    ['a warning', 0, () => ['server', '--insecure', ...bind, '-c', 'clients']],
  ])('changes no exit code: %s', async (_, exitCode, args) => {
    for (const script of ['exec "$@" 2> /dev/full', '{ { "$@"; echo "code $?" >&3; } 2>&1 >&3 | true; } 3>&1']) {
      await using program = inShell(script, ...args());
      const code = await program.exitCode();
      if (script.startsWith('exec')) expect(code).toBe(exitCode);
      else expect(program.out).toContain(`code ${exitCode}`);
    }
  });
});

describe('a client whose output is lost', () => {
  test.each([
    ['a full disk', '"$@" > /dev/full', 1],
    ['a reader that has gone', '"$@" | true', 1],
    ['standard error is full too', '"$@" > /dev/full 2> /dev/full', 0],
    ['nobody reads either', '"$@" 2>&1 | true', 0],
  ])('continues its jobs: %s', async (_, script, times) => {
    const endpoint = await freeEndpoint();
    const log = join(newFolder(), 'log');
    await using server = new Program('server', '--bind', endpoint, '--output', 'json');
    const who = ['--connect', endpoint, '--name', 'w1', '--ready', '--log', log];
    await using client = inShell(script, 'client', ...who);
    server.type('calculate 0 first', 'wait', 'calculate 0.3 second', 'wait', 'terminate').end();
    expect(await server.exitCode()).toBe(0);
    expect(server.about('result', 'calculate')).toMatchObject([{ outcome: 'completed' }, { outcome: 'completed' }]);
    await client.exitCode();
    expect(client.err.filter((line) => /standard output can no longer be written/.test(line))).toHaveLength(times);
    const records = readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(records.at(-1)).toMatchObject({ msg: 'ended', exitCode: 0 });
    expect(records.filter(({ msg }) => msg === 'output lost')).toHaveLength(1);
  });
});
