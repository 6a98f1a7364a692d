import { expect, test } from 'vitest';
import { formatTime, formatZonedTime, parseSince } from '../../../src/shell/parse/time.ts';

const nowMs = new Date(2026, 2, 5, 12, 0, 0).getTime();

test.each<[text: string, atMs: number]>([
  ['2h', nowMs - 7_200_000],
  ['90', nowMs - 90_000],
  ['7d', nowMs - 604_800_000],
  ['2026-03-01', new Date(2026, 2, 1).getTime()],
  ['2026-03-01T09:30', new Date(2026, 2, 1, 9, 30).getTime()],
  ['2026-03-01 09:30:15', new Date(2026, 2, 1, 9, 30, 15).getTime()],
  ['2026-03-01T09:30Z', Date.UTC(2026, 2, 1, 9, 30)],
  ['2026-03-01T09:30+02:00', Date.UTC(2026, 2, 1, 7, 30)],
])('since %s means a time', (text, atMs) => {
  expect(parseSince(text)?.(nowMs)).toBe(atMs);
});

test.each(['', 'yesterday', 'Sunday', '2026-13-01', '2026-02-29', '2026-03-01T', '2026-03-01T25:00', '-1h', '1h ago'])(
  'since %j means nothing',
  (text) => expect(parseSince(text)).toBeUndefined(),
);

test('a time is shown in the time zone of this process, and parsed back to the same time', () => {
  expect(formatTime(nowMs)).toBe('2026-03-05 12:00:00');
  expect(parseSince(formatTime(nowMs))?.(0)).toBe(nowMs);
});

test.each([
  ['Europe/Berlin', '2026-03-05 12:00:00+01:00'],
  ['Asia/Kolkata', '2026-03-05 16:30:00+05:30'],
  ['America/St_Johns', '2026-03-05 07:30:00-03:30'],
  ['UTC', '2026-03-05 11:00:00+00:00'],
])('a process in %s shows a planned time with its offset, and parses it back to the same time', (zone, shown) => {
  const { TZ } = process.env;
  process.env.TZ = zone;
  try {
    const atMs = Date.UTC(2026, 2, 5, 11);
    expect(formatZonedTime(atMs)).toBe(shown);
    expect(parseSince(shown)?.(0)).toBe(atMs);
  } finally {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  }
});
