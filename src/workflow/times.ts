import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { SignalboxError } from '../../schemas/errors.ts';
import type { Trigger } from './definition.ts';

const maxPatternLength = 1_000;

/** The times of a trigger, in ms since the epoch. Those of `every` count from the epoch, so that no restart moves them. */
export interface Times {
  /** The first one after a time; undefined if none is left. */
  after(ms: number): number | undefined;
  /** How many there are after a time up to another one, and the last of these. Missing where only counting tells. */
  between?(afterMs: number, untilMs: number): { readonly count: number; readonly lastMs: number };
}

/**
 * The times at which a trigger is due; undefined for one that no clock starts. At the end of summer time a time of the
 * doubled hour comes once, at the begin one of the missing hour comes after it, as with Vixie's cron.
 * @throws SignalboxError `bad_usage` for a pattern, a time or a zone that is none.
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

/** A parsed pattern takes 80 KiB, and less than a millisecond to make. */
const parsed = new Map<string, Cron>();
const maxParsed = 64;

/** The same of a trigger that was checked before. Patterns are parsed when they are needed: those of many files take long. */
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
    throw new SignalboxError('bad_usage', `a pattern of cron has at most ${maxPatternLength} characters`);
  }
  const words = pattern.trim().split(/\s+/);
  const wrong = `'${pattern}' is no pattern of cron`;
  // It takes a date as well, and a year; that is `at`.
  const hasFields = words.length === 5 || words.length === 6 || (words.length === 1 && pattern.trim().startsWith('@'));
  if (!hasFields) throw new SignalboxError('bad_usage', `${wrong}: it has five fields, or six with seconds`);
  const cronOf = (): Cron => {
    const key = `${timeZone} ${pattern}`;
    const cron = parsed.get(key) ?? parse(pattern, timeZone, `${wrong}, such as "30 2 * * 1-5"`);
    // The one that was used last is the last to go.
    parsed.delete(key);
    parsed.set(key, cron);
    const [oldest] = parsed.keys();
    if (parsed.size > maxParsed && oldest !== undefined) parsed.delete(oldest);
    return cron;
  };
  cronOf();
  return { after: (ms) => cronOf().nextRun(new Date(ms))?.getTime() };
}

/** ISO 8601; without an offset in this zone. */
export function parseTime(text: string, timeZone: string): number {
  const isIso = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const wrong = `'${text}' is no time such as 2026-12-01T03:00 or 2026-12-01T03:00Z`;
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

/** `Date` and croner take the 31st of February for a day of March. */
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
    throw new SignalboxError('bad_usage', `there is no time zone ${timeZone}; one is Europe/Berlin`, { cause });
  }
}

/** How much later than its time a run starts: below `jitter`, and the same whenever it is computed. */
export function jitterOf(schedule: string, plannedMs: number, jitter: number): number {
  if (jitter === 0) return 0;
  const hash = createHash('sha256').update(`${schedule}\0${plannedMs}`).digest();
  return Math.floor((hash.readUInt32BE(0) / 2 ** 32) * jitter);
}
