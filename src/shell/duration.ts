const msPerUnit = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

// Node's setTimeout fires after 1 ms for any delay over this.
const maxMs = 2_147_483_647;

/** `250ms`, `1.5s`, `2m`, `1h` in whole milliseconds; undefined for everything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const perUnit = msPerUnit.get(unit);
  if (amount === undefined || perUnit === undefined) return undefined;
  const ms = Math.round(Number(amount) * perUnit);
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
