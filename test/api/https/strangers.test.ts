import { expect, test } from 'vitest';
import { networkLimits } from '../../../src/api/https/network-limits.ts';
import { sourceOf } from '../../../src/api/https/source-of.ts';
import { Strangers } from '../../../src/api/https/strangers.ts';

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::5', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('limits count %s as %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});

const open = (limits: Partial<typeof networkLimits>) => new Strangers({ ...networkLimits, ...limits });

test('strangers are limited in total and per address; a sign-in frees a place', () => {
  const strangers = open({ maxStrangers: 3, maxStrangersOfAddress: 2, maxConnections: 1 });
  expect([strangers.come('a', 0), strangers.come('a', 0)]).toEqual([undefined, undefined]);
  expect(strangers.come('a', 0)).toBe('too many strangers of this address');
  expect([strangers.come('b', 0), strangers.come('c', 0)]).toEqual([undefined, 'too many strangers']);
  strangers.leave('b', true);
  strangers.welcome('a', 0);
  expect(strangers.come('a', 0)).toBe('too many connections');
  strangers.leave('a', false);
  expect(strangers.come('a', 0)).toBeUndefined();
});

test('an address has a limited number of strangers per minute, replenished evenly; other addresses are not affected', () => {
  const strangers = open({ maxStrangersAMinute: 60 });
  const visit = (source: string, nowMs: number) => {
    const reason = strangers.come(source, nowMs);
    if (!reason) strangers.leave(source, true);
    return reason;
  };
  for (let count = 0; count < 60; count += 1) expect(visit('a', 0)).toBeUndefined();
  expect([visit('a', 0), visit('b', 0), visit('a', 999)]).toEqual(['too often', undefined, 'too often']);
  expect([visit('a', 1_000), visit('a', 1_000)]).toEqual([undefined, 'too often']);
  for (let count = 0; count < 100; count += 1) {
    expect(strangers.come('c', 0)).toBeUndefined();
    strangers.welcome('c', 0);
    strangers.leave('c', false);
  }
});

test('failed sign-ins of an address must wait over the limit; the number of remembered addresses is limited', () => {
  const strangers = open({ maxFailedSignInsAMinute: 6, maxAddresses: 2 });
  const fail = (source: string, nowMs = 0) => strangers.fail(source, nowMs);
  for (let count = 0; count < 6; count += 1) expect(fail('a')).toBe(0);
  expect([fail('a'), fail('a', 5_000), fail('a', 10_000)]).toEqual([10_000, 5_000, 0]);
  expect([fail('b', 10_000), fail('c', 10_000), fail('a', 10_000)]).toEqual([0, 0, 0]);
});
