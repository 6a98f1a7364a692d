import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PatternThread } from '../../../src/plugins/check/match/pattern-thread.ts';
import { Patterns } from '../../../src/plugins/check/match/patterns.ts';
import { nextPlanned, offsetOf, plannedBetween } from '../../../src/plugins/check/run/planned-times.ts';

const body = (text: string) => Buffer.from(text);

test('patterns are RE2 patterns, matched against the body as UTF-8', async () => {
  await using thread = new Patterns();
  const text = body('Grüße\nan alle 🎉');
  expect(await thread.test(['ü.e', '^an', '(?m)^an', '(?i)GRÜSSE|grüße', '🎉$'], text)).toEqual([
    true,
    false,
    true,
    true,
    true,
  ]);
});

test('a pattern that takes too long ends with its thread, and the next one is tested', async () => {
  await using thread = new PatternThread({ limitMs: 1 });
  const evil = thread.test(['(?:[ab]*a[ab]{30}){3}$'], Buffer.alloc(4_194_304, 'ab'));
  const answers = await Promise.allSettled([evil]);
  expect(answers).toMatchObject([{ status: 'rejected', reason: { kind: 'pattern_timeout' } }]);
});

test('a slow pattern gets its own thread, and fast ones do not wait for it', async () => {
  await using patterns = new Patterns({ quickMs: 20, longestMs: 60_000 });
  const evil = ['(?:[ab]*a[ab]{30}){3}$'];
  const large = Buffer.alloc(16_777_216, 'ab');
  expect(await patterns.test(evil, large)).toEqual([false]);
  let answered = 0;
  const slow = Array.from({ length: 8 }, () => patterns.test(evil, large).then(() => (answered += 1)));
  expect(await patterns.test(['^a'], body('a'))).toEqual([true]);
  expect(answered).toBeLessThan(8);
  // The remaining ones are refused at its end.
  void Promise.allSettled(slow);
});

test('pending patterns are refused when the client ends', async () => {
  const thread = new Patterns();
  const asked = Promise.allSettled([thread.test(['a'], body('a')), thread.test(['b'], body('b'))]);
  await thread[Symbol.asyncDispose]();
  expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(thread.test(['a'], body('a'))).rejects.toMatchObject({ kind: 'client_fault' });
});

test('planned times are multiples of the period from the offset of the name, whenever they are computed', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 2 ** 42 }),
      fc.integer({ min: 1_000, max: 86_400_000 }),
      fc.string(),
      (atMs, everyMs, name) => {
        const offsetMs = offsetOf(name, everyMs);
        const planned = nextPlanned(atMs, everyMs, offsetMs);
        expect(planned).toBeGreaterThan(atMs);
        expect(planned - atMs).toBeLessThanOrEqual(everyMs);
        expect((planned - offsetMs) % everyMs).toBe(0);
        expect(nextPlanned(planned, everyMs, offsetMs)).toBe(planned + everyMs);
      },
    ),
  );
});

test('the number of planned times between two times matches the planned sequence', () => {
  const period = fc.integer({ min: 1_000, max: 10_000 });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e12 }),
      fc.nat({ max: 100_000 }),
      period,
      fc.string(),
      (from, ms, every, name) => {
        const offsetMs = offsetOf(name, every);
        let count = 0;
        for (let at = nextPlanned(from, every, offsetMs); at <= from + ms; at = nextPlanned(at, every, offsetMs))
          count += 1;
        expect(plannedBetween([from, from + ms], every, offsetMs)).toBe(count);
        expect(plannedBetween([from + ms, from], every, offsetMs)).toBe(0);
      },
    ),
  );
});

test('a byte order mark is not a part of a body, and each invalid UTF-8 sequence is one character', async () => {
  await using thread = new Patterns();
  const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff, 0x62]);
  expect(await thread.test(['^a\ufffdb$', '^.{3}$'], bytes)).toEqual([true, true]);
});

test.runIf(process.platform === 'linux')(
  'the thread of slow patterns leaves the processors to the others',
  async () => {
    const priorities = () => readdirSync('/proc/self/task').map((thread) => getPriority(Number(thread)));
    const before = priorities().filter((priority) => priority === 10).length;
    await using thread = new PatternThread({ limitMs: 60_000, isBehind: true });
    await thread.test(['a'], body('a'));
    expect(priorities().filter((priority) => priority === 10).length).toBeGreaterThan(before);
    expect(getPriority()).toBeLessThan(10);
  },
);
