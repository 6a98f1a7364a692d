const msPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A hundred years. */
const maxMs = 36_525 * 86_400_000;

/** Completes `must be …`. */
export const durationForm = 'a duration such as 250ms, 3s, 2m, 1h or 7d';

/** `10` and `10s`, `250ms`, `1.5m`, `1h`, `7d` in whole milliseconds; undefined for everything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  const ms = Math.round(Number(amount) * (msPerUnit[unit] ?? Number.NaN));
  return ms <= maxMs ? ms : undefined;
}

/** For people: `3 ms`, `2.0 s`, `1 m 05 s`, `2 h 03 m`. Rounded before the unit is chosen, so never `60.0 s`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
  if (Math.round(ms / 100) < 600) return `${(Math.round(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(ms / 60_000);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} m`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
