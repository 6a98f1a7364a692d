import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { hashToken } from '../../src/keys/allow-list.ts';
import { readCredentials } from '../../src/keys/credentials.ts';
import { KeyStore } from '../../src/keys/key-store.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { newFolder } from '../support/new-folder.ts';
import { verdict } from '../support/refusal.ts';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('only the owner can access the written files', () => {
  using keys = createKeyFolder('w1');
  const files = ['server.json', 'allow-list.json', 'credentials/w1.json'];
  expect(files.map((file) => modeOf(join(keys.folder, file)))).toEqual(['600', '600', '600']);
  expect(['.', 'credentials'].map((folder) => modeOf(join(keys.folder, folder)))).toEqual(['700', '700']);
});

test('a new folder has an empty list, and is ignored by Git', () => {
  using keys = createKeyFolder();
  expect(keys.store.list()).toEqual([]);
  expect(readFileSync(join(keys.folder, '.gitignore'), 'utf8')).toBe('*\n');
});

test('if the folder cannot be completed it contains no keys, and the next init works', () => {
  using keys = createKeyFolder();
  rmSync(join(keys.folder, 'server.json'));
  rmSync(join(keys.folder, '.gitignore'));
  mkdirSync(join(keys.folder, '.gitignore'));
  expect(() => keys.store.init()).toThrow();
  expect(existsSync(join(keys.folder, 'server.json'))).toBe(false);
  rmSync(join(keys.folder, '.gitignore'), { recursive: true });
  expect(keys.store.init()).toBe(keys.store.serverKeys().publicKey);
});

test('the list has the public key and the hash of the token, and nothing that grants access', () => {
  using keys = createKeyFolder('w1');
  const { publicKey, secretKey, token, serverKey } = readCredentials(keys.of('w1'));
  expect(keys.store.list()).toMatchObject([{ name: 'w1', publicKey, tokenHash: hashToken(token) }]);
  const text = readFileSync(keys.store.allowListPath, 'utf8');
  expect([text.includes(secretKey), text.includes(token)]).toEqual([false, false]);
  expect(serverKey).toBe(keys.store.serverKeys().publicKey);
});

test('no two clients have anything in common but the server', () => {
  using keys = createKeyFolder('w1', 'w2');
  const [one, two] = [readCredentials(keys.of('w1')), readCredentials(keys.of('w2'))];
  expect(one.serverKey).toBe(two.serverKey);
  for (const secret of ['publicKey', 'secretKey', 'token'] as const) expect(one[secret]).not.toBe(two[secret]);
});

test('a revoked client is off the list and its credentials are deleted; added again, it has new ones', () => {
  using keys = createKeyFolder('w1', 'w2');
  const before = readCredentials(keys.of('w1'));
  keys.store.revoke('w1');
  expect(keys.store.list().map(({ name }) => name)).toEqual(['w2']);
  expect(existsSync(keys.of('w1'))).toBe(false);
  const again = readCredentials(keys.store.add('w1'));
  expect(again.token).not.toBe(before.token);
  expect(again.publicKey).not.toBe(before.publicKey);
});

test('several clients are added and revoked together', () => {
  using keys = createKeyFolder('w1');
  keys.store.addAll(['w2', 'w3'], { replicas: true });
  expect(keys.store.list()).toMatchObject([
    { name: 'w1' },
    { name: 'w2', replicas: true },
    { name: 'w3', replicas: true },
  ]);
  expect(['w2', 'w3'].map((name) => readCredentials(keys.of(name)).replicas)).toEqual([true, true]);
  keys.store.revoke('w1', 'w3');
  expect(keys.store.list()).toMatchObject([{ name: 'w2' }]);
  expect(readdirSync(join(keys.folder, 'credentials'))).toEqual(['w2.json']);
});

test('labels are on the list of the server, and not in the credentials of the client', () => {
  using keys = createKeyFolder('w1');
  keys.store.addAll(['w2', 'w3'], { labels: { env: 'test' } });
  expect(keys.store.list().map(({ labels }) => labels)).toEqual([undefined, { env: 'test' }, { env: 'test' }]);
  expect(Object.keys(readCredentials(keys.of('w2')))).not.toContain('labels');
});

test('credentials left by an interrupted add are replaced', () => {
  using keys = createKeyFolder();
  writeFileSync(keys.of('w1'), 'half', { mode: 0o600 });
  expect(readCredentials(keys.store.add('w1')).name).toBe('w1');
});

test('refused files are closed', () => {
  using keys = createKeyFolder('w1');
  chmodSync(keys.of('w1'), 0o644);
  const before = readdirSync('/dev/fd').length;
  for (let time = 0; time < 50; time += 1) expect(verdict(() => readCredentials(keys.of('w1')))).toBe('not_allowed');
  expect(readdirSync('/dev/fd').length - before).toBeLessThan(50);
});

describe('on a full disk', () => {
  /** Runs a program that cannot write a single byte to any file, as on a full disk. */
  function runWithoutSpace(...lines: string[]): void {
    const storePath = fileURLToPath(new URL('../../src/keys/key-store.ts', import.meta.url));
    const text = [`const { KeyStore } = await import(${JSON.stringify(storePath)});`, ...lines].join('\n');
    const args = ['-c', 'ulimit -f 0; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', text];
    expect(spawnSync('sh', args, { env: { ...process.env, NODE_COMPILE_CACHE: '' } })).toMatchObject({ status: 0 });
  }

  test('init leaves no incomplete key pair behind, and the next one works', () => {
    const home = newFolder();
    runWithoutSpace(`try { new KeyStore(${JSON.stringify(home)}).init(); process.exit(1); } catch {}`);
    expect(new KeyStore(home).init()).toBe(new KeyStore(home).serverKeys().publicKey);
  });

  test('add and revoke change nothing, and the next ones work', () => {
    using keys = createKeyFolder('w1');
    const store = `new KeyStore(${JSON.stringify(keys.folder)})`;
    runWithoutSpace(
      `try { ${store}.add('w2'); process.exit(1); } catch {}`,
      `try { ${store}.revoke('w1'); process.exit(2); } catch {}`,
    );
    expect(readdirSync(join(keys.folder, 'credentials'))).toEqual(['w1.json']);
    keys.store.add('w2');
    keys.store.revoke('w1');
    expect(keys.store.list()).toMatchObject([{ name: 'w2' }]);
  });
});

describe('a command changes nothing, and reports why,', () => {
  test('if one of several names was already added, or is invalid', () => {
    using keys = createKeyFolder('w1', 'w2');
    const before = [readCredentials(keys.of('w1')), keys.store.list()];
    expect(() => keys.store.addAll(['w0', 'w1', 'w2', 'w3'])).toThrow('already added: w[1-2]');
    expect(verdict(() => keys.store.addAll(['w3', 'W4']))).toBe('bad_usage');
    expect([readCredentials(keys.of('w1')), keys.store.list()]).toEqual(before);
    expect(readdirSync(join(keys.folder, 'credentials'))).toEqual(['w1.json', 'w2.json']);
  });

  test('if one of several names to revoke is not on the list', () => {
    using keys = createKeyFolder('w1', 'w2');
    expect(() => keys.store.revoke('w1', 'w7', 'w8')).toThrow('not on the list: w[7-8]; these are: w[1-2]');
    expect(keys.store.list()).toHaveLength(2);
    expect(readdirSync(join(keys.folder, 'credentials'))).toHaveLength(2);
  });

  test('if one of several files cannot be written: none is left, and the next keys command works', () => {
    using keys = createKeyFolder('w1');
    mkdirSync(keys.of('w3'));
    expect(() => keys.store.addAll(['w2', 'w3'])).toThrow();
    expect(keys.store.list()).toHaveLength(1);
    expect(existsSync(keys.of('w2'))).toBe(false);
    rmSync(keys.of('w3'), { recursive: true });
    keys.store.addAll(['w2', 'w3']);
    expect(keys.store.list()).toHaveLength(3);
  });

  test('if there are already keys', () => {
    using keys = createKeyFolder();
    const before = keys.store.serverKeys();
    expect(verdict(() => keys.store.init())).toBe('bad_usage');
    expect(keys.store.serverKeys()).toEqual(before);
  });

  test('if a name was already added', () => {
    using keys = createKeyFolder('w1');
    const before = [readCredentials(keys.of('w1')), keys.store.list()];
    expect(verdict(() => keys.store.add('w1'))).toBe('bad_usage');
    expect([readCredentials(keys.of('w1')), keys.store.list()]).toEqual(before);
  });

  test.each(['all', 'W1', '../w1', 'a/b', '', '-w', 'x'.repeat(64)])('if %j is not a valid name', (name) => {
    using keys = createKeyFolder();
    expect(verdict(() => keys.store.add(name))).toBe('bad_usage');
    expect(verdict(() => keys.store.revoke(name))).toBe('bad_usage');
    expect(readdirSync(join(keys.folder, 'credentials'))).toEqual([]);
  });

  test('if the name to revoke is not on the list', () => {
    using keys = createKeyFolder('w1');
    expect(verdict(() => keys.store.revoke('w2'))).toBe('bad_usage');
  });

  test('if there are no keys', () => {
    using keys = createKeyFolder();
    const elsewhere = new KeyStore(join(keys.folder, 'elsewhere'));
    for (const act of [() => elsewhere.add('w1'), () => elsewhere.revoke('w1'), () => elsewhere.serverKeys()]) {
      expect(act).toThrow(`there are no keys in ${elsewhere.folder}; run: signalbox keys init`);
    }
    expect(existsSync(elsewhere.folder)).toBe(false);
  });

  test('if another process is changing the list', () => {
    using keys = createKeyFolder('w1');
    writeFileSync(`${keys.store.allowListPath}.new`, '');
    expect(() => keys.store.revoke('w1')).toThrow('another keys command is running');
    expect(keys.store.list()).toHaveLength(1);
  });
});

test('an unreadable list is never treated as empty, so nobody else is added or revoked', () => {
  using keys = createKeyFolder('w1');
  const path = keys.store.allowListPath;
  rmSync(path);
  symlinkSync(path, path);
  expect(verdict(() => keys.store.add('w2'))).toBe('not_allowed');
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  expect(existsSync(`${path}.new`)).toBe(false);
});

test.skipIf(!existsSync('/proc/self'))('an error reports that the folder cannot be created', () => {
  expect(() => new KeyStore('/proc/nobody/keys').init()).toThrow('/proc/nobody/keys: the folder cannot be created');
});

describe('refuses to read', () => {
  test.each(['640', '604', '660', '644'])('a file of mode %s', (mode) => {
    using keys = createKeyFolder('w1');
    const paths = [keys.of('w1'), keys.store.allowListPath, join(keys.folder, 'server.json')];
    for (const path of paths) chmodSync(path, Number.parseInt(mode, 8));
    const reads = [() => readCredentials(keys.of('w1')), () => keys.store.list(), () => keys.store.serverKeys()];
    for (const [index, read] of reads.entries()) expect(read).toThrow(`chmod 600 ${paths[index]}`);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'keys'],
    ['another version', '{"version":2,"clients":[]}'],
    ['another kind of list', '{"version":1,"clients":[{"name":"w1"}]}'],
    ['an unknown field', '{"version":1,"clients":[],"open":true}'],
  ])('a list that says %s', (_, text) => {
    using keys = createKeyFolder('w1');
    writeFileSync(keys.store.allowListPath, text);
    expect(verdict(() => keys.store.allowList())).toBe('not_allowed');
  });

  test('a folder in the place of a file, and a missing file', () => {
    using keys = createKeyFolder();
    mkdirSync(keys.of('w1'), { mode: 0o700 });
    expect(verdict(() => readCredentials(keys.of('w1')))).toBe('not_allowed');
    expect(() => readCredentials(keys.of('w2'))).toThrow('does not exist');
  });
});
