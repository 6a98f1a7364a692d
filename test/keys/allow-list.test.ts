import { describe, expect, test } from 'vitest';
import { type Allowed, AllowList, hashToken } from '../../src/keys/allow-list.ts';
import { verdict } from '../support/refusal.ts';

const allowed = (name: string, replicas = false, labels?: Record<string, string>): Allowed => ({
  name,
  replicas,
  publicKey: name.padEnd(40, '0'),
  tokenHash: hashToken(`token of ${name}`),
  addedMs: 0,
  ...(labels && { labels }),
});
/** Stands for the proof of a hello. */
const proofOf = ({ name }: { name: string }): string => `proof of ${name}`;
const list = new AllowList([allowed('db'), allowed('web', true), allowed('web-db'), allowed('web-eu', true)]);

test.each([
  ['db', 'db', 'db'],
  ['web', 'web', 'web'],
  ['web-1', 'web', 'web'],
  ['web-a-b', 'web', 'web'],
  ['web-db', 'web-db', 'web-db'],
  ['web-eu-7', 'web-eu', 'web-eu'],
])('%s may be used with the proof of %s', (name, owner, credential) => {
  expect(list.admit(name, `proof of ${owner}`, proofOf).name).toBe(credential);
});

describe('the list does not allow', () => {
  test.each([
    ['a name that was not added', 'other', 'proof of db'],
    ['a name that only starts like one for replicas', 'website', 'proof of web'],
    ['a suffix of a name that is not for replicas', 'db-1', 'proof of db'],
    ['a replica without a suffix', 'web-', 'proof of web'],
    ['the proof of another', 'db', 'proof of web'],
    ['the proof of the replicas for a name with its own credential', 'web-db', 'proof of web'],
    ['the shorter of two credentials for replicas', 'web-eu-7', 'proof of web'],
    ['an empty token', 'db', ''],
    ['no token', 'db', undefined],
  ])('%s', (_, name, token) => {
    expect(verdict(() => list.admit(name, token, proofOf))).toBe('not_allowed');
  });

  test('anybody, if it is empty', () => {
    expect(verdict(() => AllowList.empty.admit('db', 'proof of db', proofOf))).toBe('not_allowed');
    expect(AllowList.empty.ofKey(allowed('db').publicKey)).toBeUndefined();
  });
});

test('a credential is held until it is removed or has another key or token', () => {
  const [db, web] = [allowed('db'), allowed('web')];
  expect(new AllowList([db]).holds('db', db)).toBe(true);
  expect(new AllowList([web]).holds('db', db)).toBe(false);
  expect(new AllowList([{ ...db, tokenHash: web.tokenHash }]).holds('db', db)).toBe(false);
  expect(new AllowList([{ ...db, publicKey: web.publicKey }]).holds('db', db)).toBe(false);
});

test('a list has all keys of an older list until one is removed or replaced', () => {
  const [db, web] = [allowed('db'), allowed('web')];
  const older = new AllowList([db, web]);
  expect(new AllowList([db, web, allowed('w1')]).hasAllKeysOf(older)).toBe(true);
  expect(new AllowList([db]).hasAllKeysOf(older)).toBe(false);
  expect(new AllowList([db, { ...web, publicKey: allowed('w1').publicKey }]).hasAllKeysOf(older)).toBe(false);
});

test('a replica holds its name until the name, or a longer part of it, has its own credentials', () => {
  const web = allowed('web', true);
  expect(new AllowList([web]).holds('web-eu-7', web)).toBe(true);
  expect(new AllowList([web, allowed('web-eu')]).holds('web-eu-7', web)).toBe(true);
  expect(new AllowList([web, allowed('web-eu', true)]).holds('web-eu-7', web)).toBe(false);
  expect(new AllowList([web, allowed('web-eu-7')]).holds('web-eu-7', web)).toBe(false);
  expect(new AllowList([web, allowed('web-eu-7')]).holds('web-eu-8', web)).toBe(true);
});

test('labels in the keys are those of the credential that a name needs', () => {
  const labelled = new AllowList([allowed('web', true, { env: 'test' }), allowed('web-7', false, { env: 'prod' })]);
  const labels = ['web', 'web-1', 'web-7', 'web-7-1', 'db'].map((name) => labelled.labelsOf(name)?.env);
  expect(labels).toEqual(['test', 'test', 'prod', 'test', undefined]);
});
