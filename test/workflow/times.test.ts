import { expect, test } from 'vitest';
import type { Trigger } from '../../src/workflow/definition.ts';
import { parseTime, timesOf } from '../../src/workflow/times.ts';

const trigger = (given: Partial<Trigger>): Trigger => ({
  timeZone: 'UTC',
  overlap: 'skip',
  catchUp: 0,
  jitter: 0,
  ...given,
});
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago'];
const minute = 60_000;
const day = 1_440 * minute;

/** The local time of a zone, as `2026-03-29 02:30`. */
function clockOf(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return (ms) => format.format(ms);
}

/** The first minute in which the clock of the zone shows a time or, if that is skipped, has passed it. */
function firstAt(wanted: string, clock: (ms: number) => string): number {
  const asUtc = (text: string) => Date.parse(`${text.replace(' ', 'T')}:00Z`);
  const there = asUtc(wanted);
  // No clock changes by more than an hour.
  let ms = there - (asUtc(clock(there)) - there) - 120 * minute;
  while (clock(ms) < wanted) ms += 15 * minute;
  while (clock(ms - minute) >= wanted && clock(ms - minute) <= clock(ms)) ms -= minute;
  return ms;
}

test.each(zones)(
  'daily in %s over twelve years: a time in the repeated hour runs the first time, one in the skipped hour after it',
  (timeZone) => {
    const clock = clockOf(timeZone);
    for (const [hour, minutes] of [
      [2, 30],
      [1, 45],
      [0, 15],
      [3, 0],
    ] as const) {
      const pad = (value: number) => String(value).padStart(2, '0');
      const times = timesOf(trigger({ cron: `${minutes} ${hour} * * *`, timeZone }));
      let found = Date.parse('2024-01-01T12:00:00Z');
      for (let noon = Date.parse('2024-01-02T12:00:00Z'); noon < Date.parse('2036-01-01T00:00:00Z'); noon += day) {
        const wanted = firstAt(`${new Date(noon).toISOString().slice(0, 10)} ${pad(hour)}:${pad(minutes)}`, clock);
        if (wanted <= found) continue;
        found = times?.after(found) ?? 0;
        expect(new Date(found).toISOString()).toBe(new Date(wanted).toISOString());
      }
    }
  },
);

test.each(zones)('every half hour in %s through a year: both repeated hours, and none missing', (timeZone) => {
  const times = timesOf(trigger({ cron: '*/30 * * * *', timeZone }));
  let last = Date.parse('2026-01-01T00:00:00Z');
  for (let count = 0; count < 365 * 48; count += 1) {
    const next = times?.after(last) ?? 0;
    // Lord Howe changes its clock by half an hour.
    expect(next - last).toBe(30 * minute);
    last = next;
  }
});

test('every counts from the epoch, so that it does not depend on the start of the server', () => {
  const times = timesOf(trigger({ every: 15 * minute }));
  expect(times?.after(Date.parse('2026-12-01T10:07:13Z'))).toBe(Date.parse('2026-12-01T10:15:00Z'));
  expect(times?.after(Date.parse('2026-12-01T10:15:00Z'))).toBe(Date.parse('2026-12-01T10:30:00Z'));
});

test('times listed one by one, in their zone or with an offset', () => {
  const times = timesOf(trigger({ at: ['2026-12-02 03:00', '2026-12-01T03:00:00+02:00'], timeZone: 'Europe/Berlin' }));
  expect(times?.after(0)).toBe(Date.parse('2026-12-01T01:00:00Z'));
  expect(times?.after(Date.parse('2026-12-01T01:00:00Z'))).toBe(Date.parse('2026-12-02T02:00:00Z'));
  expect(times?.after(Date.parse('2026-12-02T02:00:00Z'))).toBeUndefined();
  expect(parseTime('2026-12-01', 'America/New_York')).toBe(Date.parse('2026-12-01T05:00:00Z'));
});

test.each([
  [{ cron: '99 3 * * *' }, '\'99 3 * * *\' is not a cron pattern; use for example "30 2 * * 1-5"'],
  [
    { cron: '2026-12-01T03:00:00' },
    "'2026-12-01T03:00:00' is not a cron pattern; use five fields, or six with seconds",
  ],
  [{ cron: '0 3 * * *', timeZone: 'Mars/Olympus' }, 'unknown time zone Mars/Olympus; use for example Europe/Berlin'],
  [{ at: ['tomorrow'] }, "'tomorrow' is not a valid time; use for example 2026-12-01T03:00 or 2026-12-01T03:00Z"],
  [
    { at: ['2026-02-31T03:00'] },
    "'2026-02-31T03:00' is not a valid time; use for example 2026-12-01T03:00 or 2026-12-01T03:00Z",
  ],
  [
    { at: ['2026-02-31T03:00Z'] },
    "'2026-02-31T03:00Z' is not a valid time; use for example 2026-12-01T03:00 or 2026-12-01T03:00Z",
  ],
])('%j is refused', (given, sentence) => {
  expect(() => timesOf(trigger(given))).toThrow(sentence);
});
