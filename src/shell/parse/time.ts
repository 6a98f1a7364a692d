import { parseDuration } from './duration.ts';

/** Completes `is not …`. */
export const sinceForm = 'a duration such as 2h or 7d, a date such as 2026-03-01, or 2026-03-01T09:30';

/** A duration back from now, or a date and time in the time zone of this process; undefined for everything else. */
export function parseSince(text: string): ((nowMs: number) => number) | undefined {
  const ms = parseDuration(text);
  if (ms !== undefined) return (nowMs) => nowMs - ms;
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?))?$/.exec(text) ?? [];
  // `Date` turns a day that its month does not have into one of the next month.
  if (day === undefined || new Date(`${day}T00:00Z`).getUTCDate() !== Number(day.slice(-2))) return undefined;
  // `Date.parse` reads a date alone as UTC, but a date with a time as local time.
  const atMs = Date.parse(`${day}T${time ?? '00:00'}`);
  return Number.isNaN(atMs) ? undefined : () => atMs;
}

/** In the time zone of this process: `2026-03-01 09:30:00`. */
export function formatTime(atMs: number): string {
  const time = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}

/** `formatTime` with the offset from UTC, for times that are planned in another zone: `2026-03-01 09:30:00+01:00`. */
export function formatZonedTime(atMs: number): string {
  const minutes = -new Date(atMs).getTimezoneOffset();
  const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, '0');
  return `${formatTime(atMs)}${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
