import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { SignalboxError } from '../../schemas/errors.ts';
import type { Trigger } from './definition.ts';

const maxPatternLength = 1_000;

/**
 * The times of a trigger, in ms since the epoch. Times of `every` count from the epoch, so that a restart does not
 * shift them.
 */
export interface Times {
  /** The first time after `ms`; undefined if none is left. */
  after(ms: number): number | undefined;
  /** Number of times in a range, and the last of them. Absent if they can only be counted one by one. */
  between?(afterMs: number, untilMs: number): { readonly count: number; readonly lastMs: number };
}

/**
 * The times at which a trigger is due; undefined for a trigger without a clock. As in Vixie cron: when summer time
 * ends, a time in the repeated hour occurs once; when it begins, a time in the missing hour occurs after it.
 * @throws SignalboxError `bad_usage` for an invalid pattern, time or time zone.
 */
export function timesOf({ cron, every, at, timeZone }: Trigger): Times | undefined {
  checkZone(timeZone);
  if (every !== undefined) {
    return {
      after: (ms) => (Math.floor(ms / every) + 1) * every,
      between(afterMs, untilMs) {
        const last = Math.floor(untilMs / every);
        return { count: last - Math.floor(afterMs / every), lastMs: last * every };
      },
    };
  }
  if (cron !== undefined) return timesOfPattern(cron, timeZone);
  if (at === undefined) return undefined;
  const times = at.map((text) => parseTime(text, timeZone)).sort((a, b) => a - b);
  return { after: (ms) => times.find((time) => time > ms) };
}

/** Cache. A parsed pattern takes 80 KiB, and less than a millisecond to create. */
const parsed = new Map<string, Cron>();
const maxParsed = 64;

/**
 * Like `timesOf`, for a trigger that was checked before. Patterns are parsed on first use, because parsing many takes
 * long.
 */
export function checkedTimesOf(trigger: Trigger): Times | undefined {
  if (trigger.cron === undefined) return timesOf(trigger);
  let times: Times | undefined;
  return {
    after(ms) {
      times ??= timesOf(trigger);
      return times?.after(ms);
    },
  };
}

function timesOfPattern(pattern: string, timeZone: string): Times {
  if (pattern.length > maxPatternLength) {
    throw new SignalboxError('bad_usage', `a cron pattern can have at most ${maxPatternLength} characters`);
  }
  const words = pattern.trim().split(/\s+/);
  const wrong = `'${pattern}' is not a cron pattern`;
  // The library also accepts a date or a year; `at` is for that.
  const hasFields = words.length === 5 || words.length === 6 || (words.length === 1 && pattern.trim().startsWith('@'));
  if (!hasFields) throw new SignalboxError('bad_usage', `${wrong}; use five fields, or six with seconds`);
  const cronOf = (): Cron => {
    const key = `${timeZone} ${pattern}`;
    const cron = parsed.get(key) ?? parse(pattern, timeZone, `${wrong}; use for example "30 2 * * 1-5"`);
    // The most recently used pattern is evicted last.
    parsed.delete(key);
    parsed.set(key, cron);
    const [oldest] = parsed.keys();
    if (parsed.size > maxParsed && oldest !== undefined) parsed.delete(oldest);
    return cron;
  };
  cronOf();
  return { after: (ms) => cronOf().nextRun(new Date(ms))?.getTime() };
}

/** Parses ISO 8601. Times without an offset are in `timeZone`. */
export function parseTime(text: string, timeZone: string): number {
  const isIso = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const wrong = `'${text}' is not a valid time; use for example 2026-12-01T03:00 or 2026-12-01T03:00Z`;
  if (!isIso || !isDay(text.slice(0, 10))) throw new SignalboxError('bad_usage', wrong);
  if (/[Z+]|-\d\d:\d\d$/.test(text.slice(10))) {
    const ms = Date.parse(text.replace(' ', 'T'));
    if (Number.isNaN(ms)) throw new SignalboxError('bad_usage', wrong);
    return ms;
  }
  const [day, clock = '00:00'] = text.split(/[T ]/);
  const time = parse(`${day}T${clock.length === 5 ? `${clock}:00` : clock}`, timeZone, wrong).nextRun(new Date(0));
  if (!time) throw new SignalboxError('bad_usage', wrong);
  return time.getTime();
}

/** Rejects days such as February 31, which `Date` and croner move to March. */
const isDay = (day: string): boolean => {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
};

function parse(pattern: string, timezone: string, wrong: string): Cron {
  try {
    return new Cron(pattern, { timezone, paused: true });
  } catch (cause) {
    throw new SignalboxError('bad_usage', wrong, { cause });
  }
}

const knownZones = new Set<string>();
const maxZones = 1_000;

function checkZone(timeZone: string): void {
  if (knownZones.has(timeZone)) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    if (knownZones.size < maxZones) knownZones.add(timeZone);
  } catch (cause) {
    throw new SignalboxError('bad_usage', `unknown time zone ${timeZone}; use for example Europe/Berlin`, { cause });
  }
}

/** Delay of a start after its planned time: below `jitter`, and the same each time it is computed. */
export function jitterOf(schedule: string, plannedMs: number, jitter: number): number {
  if (jitter === 0) return 0;
  const hash = createHash('sha256').update(`${schedule}\0${plannedMs}`).digest();
  return Math.floor((hash.readUInt32BE(0) / 2 ** 32) * jitter);
}
