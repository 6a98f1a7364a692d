import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keyFingerprint } from '../../src/operators/key-fingerprint.ts';
import { Operators } from '../../src/operators/operators.ts';
import { createRoles } from '../../src/operators/role.ts';
import { createMemoryCollections } from '../../src/store/memory/memory-collection.ts';
import { hasOpenssl } from '../api/https/certificates.ts';
import { newFolder } from '../support/new-folder.ts';
import { refusal } from '../support/refusal.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const open = async (collections = createMemoryCollections(), definitions = {}) =>
  await Operators.open(collections('operators'), createRoles(definitions, new Map()));

test('a token gives the rights for which it was created, and is stored nowhere', async () => {
  const collections = createMemoryCollections();
  using operators = await open(collections);
  const token = await operators.add('ada', { role: 'viewer', by: 'local:owner' });
  expect(token).toMatch(/^sbx_[A-Za-z0-9_-]{43}$/);
  expect(operators.signIn(token)?.name).toBe('ada');
  expect(operators.roleOf('ada')?.name).toBe('viewer');
  expect([operators.signIn(`${token}x`), operators.signIn(''), operators.roleOf('eve')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(JSON.stringify(await collections('operators').list(10))).not.toContain(token.slice(4));
  expect(operators.list()).toMatchObject([{ name: 'ada', role: 'viewer', addedBy: 'local:owner' }]);
  expect(Object.keys(operators.list()[0] ?? {})).not.toContain('tokenHash');
});

test('the next server has the same operators', async () => {
  const collections = createMemoryCollections();
  using before = await open(collections);
  const token = await before.add('ada', { role: 'viewer', by: 'local:owner' });
  using after = await open(collections);
  expect(after.signIn(token)?.name).toBe('ada');
});

test('a removed operator loses its sessions, and can return only with another token', async () => {
  using operators = await open();
  const token = await operators.add('ada', { role: 'viewer', by: 'local:owner' });
  const signal = operators.signIn(token)?.signal;
  const whole = operators.signalOf('ada');
  await operators.remove('ada');
  expect([signal?.aborted, whole.aborted, operators.signIn(token), operators.roleOf('ada')]).toEqual([
    true,
    true,
    undefined,
    undefined,
  ]);
  const other = await operators.add('ada', { role: 'admin', by: 'local:owner' });
  expect([operators.signIn(token), operators.signIn(other)?.name]).toEqual([undefined, 'ada~2']);
  expect([operators.signalOf('ada').aborted, operators.signalOf('ada~2').aborted]).toEqual([true, false]);
});

test('a new token ends the sessions of the old one, and nothing else', async () => {
  using operators = await open();
  const old = await operators.add('ada', { role: 'viewer', by: 'local:owner' });
  const signal = operators.signIn(old)?.signal;
  const token = await operators.rotate('ada');
  expect([signal?.aborted, operators.signIn(old)]).toEqual([true, undefined]);
  expect(operators.signIn(token)?.signal.aborted).toBe(false);
  expect([operators.signalOf('ada').aborted, operators.roleOf('ada')?.name]).toEqual([false, 'viewer']);
});

test('an expired operator loses its sessions, also in the next server', async () => {
  const collections = createMemoryCollections();
  using operators = await open(collections);
  const token = await operators.add('ada', { role: 'viewer', by: 'local:owner', expiresMs: Date.now() + 60_000 });
  const signal = operators.signIn(token)?.signal;
  vi.advanceTimersByTime(59_999);
  expect([signal?.aborted, operators.roleOf('ada')?.name]).toEqual([false, 'viewer']);
  vi.advanceTimersByTime(1);
  expect([signal?.aborted, operators.roleOf('ada'), operators.signIn(token)]).toEqual([true, undefined, undefined]);
  using after = await open(collections);
  expect([after.roleOf('ada'), after.signIn(token), after.list().length]).toEqual([undefined, undefined, 1]);
});

test('an operator expires even if the clock has advanced without timers', async () => {
  using operators = await open();
  const token = await operators.add('ada', { role: 'viewer', by: 'local:owner', expiresMs: Date.now() + 60_000 });
  const signal = operators.signalOf('ada');
  vi.setSystemTime(Date.now() + 3_600_000);
  expect([operators.signIn(token), signal.aborted]).toEqual([undefined, true]);
});

test('an operator with a role that the configuration no longer has is refused', async () => {
  const collections = createMemoryCollections();
  using before = await open(collections, { mine: {} });
  await before.add('ada', { role: 'mine', by: 'local:owner' });
  using after = await open(collections);
  expect([after.roleOf('ada'), after.list().length]).toEqual([undefined, 1]);
});

test('duplicate and invalid names, unknown roles and unknown operators are refused', async () => {
  using operators = await open();
  await operators.add('ada', { role: 'viewer', by: 'local:owner' });
  for (const call of [
    operators.add('ada', { role: 'viewer', by: 'local:owner' }),
    operators.add('Ada', { role: 'viewer', by: 'local:owner' }),
    operators.add('eve', { role: 'owner', by: 'local:owner' }),
    operators.remove('eve'),
    operators.rotate('eve'),
  ]) {
    await expect(call).rejects.toThrow(refusal('bad_usage'));
  }
});

test('the key of a client certificate signs in instead of a token, and belongs to one operator only', async () => {
  using operators = await open();
  const [key, other] = ['a'.repeat(64), 'b'.repeat(64)];
  expect(await operators.add('ada', { role: 'viewer', by: 'local:owner', keyFingerprint: key })).toBe(undefined);
  expect(operators.list()).toMatchObject([{ name: 'ada', keyFingerprint: key }]);
  expect([operators.signInByKey(key)?.name, operators.signInByKey(other), operators.signIn(key)]).toEqual([
    'ada',
    undefined,
    undefined,
  ]);
  const again = operators.add('eve', { role: 'viewer', by: 'local:owner', keyFingerprint: key });
  await expect(again).rejects.toThrow(refusal('bad_usage'));
  const signal = operators.signInByKey(key)?.signal;
  await operators.rotate('ada', other);
  expect([signal?.aborted, operators.signInByKey(key), operators.signInByKey(other)?.name]).toEqual([
    true,
    undefined,
    'ada',
  ]);
  const token = await operators.rotate('ada');
  expect([operators.signInByKey(other), operators.signIn(token)?.name]).toEqual([undefined, 'ada']);
});

test.skipIf(!hasOpenssl)(
  'the fingerprint of a key is the same as in openssl, and remains when its certificate is renewed',
  () => {
    const folder = newFolder();
    const openssl = (...args: string[]) =>
      execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'key');
    const certificate = (name: string) => {
      openssl('req', '-x509', '-key', 'key', '-subj', `/CN=${name}`, '-out', name);
      return new X509Certificate(readFileSync(join(folder, name)));
    };
    openssl('pkey', '-in', 'key', '-pubout', '-outform', 'DER', '-out', 'spki');
    const expected = createHash('sha256')
      .update(readFileSync(join(folder, 'spki')))
      .digest('hex');
    expect([keyFingerprint(certificate('one')), keyFingerprint(certificate('two'))]).toEqual([expected, expected]);
  },
);

test('a change by another server takes effect after it was read again', async () => {
  const collections = createMemoryCollections();
  using before = await open(collections);
  const [, old] = [
    await before.add('ada', { role: 'viewer', by: 'local:owner' }),
    await before.add('bob', { role: 'viewer', by: 'local:owner' }),
  ];
  using after = await open(collections);
  const [ada, bob] = [after.signalOf('ada'), after.signIn(old)?.signal];
  await before.remove('ada');
  const token = await before.rotate('bob');
  const eve = await before.add('eve', { role: 'viewer', by: 'local:owner' });
  await after.refresh();
  expect([ada.aborted, bob?.aborted, after.roleOf('ada')]).toEqual([true, true, undefined]);
  expect([token, eve, old].map((one) => after.signIn(one)?.name)).toEqual(['bob', 'eve', undefined]);
  await expect(before.add('eve', { role: 'viewer', by: 'local:owner' })).rejects.toThrow(refusal('bad_usage'));
});

test('an operator that another call has changed can be removed at the second attempt', async () => {
  const collections = createMemoryCollections();
  using mine = await open(collections);
  await mine.add('ada', { role: 'viewer', by: 'local:owner' });
  using other = await open(collections);
  const token = await other.rotate('ada');
  await expect(mine.remove('ada')).rejects.toThrow(refusal('unavailable'));
  expect(mine.signIn(token)?.name).toBe('ada');
  await mine.remove('ada');
  expect(await collections('operators').list(10)).toMatchObject([{ key: 'ada', value: { removed: 1 } }]);
});

test('roles that were read again take effect at once', async () => {
  using operators = await open(createMemoryCollections(), { mine: {} });
  const token = await operators.add('ada', { role: 'mine', by: 'local:owner' });
  operators.replaceRoles(createRoles({}, new Map()));
  expect([operators.roleOf('ada'), operators.signIn(token)?.name]).toEqual([undefined, 'ada']);
  operators.replaceRoles(createRoles({ mine: { workflows: { see: ['*'] } } }, new Map()));
  expect(operators.roleOf('ada')?.name).toBe('mine');
});
