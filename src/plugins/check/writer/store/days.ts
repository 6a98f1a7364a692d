const dayMs = 86_400_000;

/** A day in UTC, by its number since the epoch. */
export const dayOf = (ms: number): number => Math.floor(ms / dayMs);

/** The beginning of a day, in ms since the epoch. */
export const beginOf = (day: number): number => day * dayMs;

const dateOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

/** The table of a day's results, such as `results_20261128`. */
export const tableOf = (day: number): string => `results_${dateOf(day).replaceAll('-', '')}`;

/** The day of a table; undefined for any other table. */
export function dayOfTable(table: string): number | undefined {
  const [, year, month, date] = /^results_(\d{4})(\d\d)(\d\d)$/.exec(table) ?? [];
  const ms = Date.parse(`${year}-${month}-${date}T00:00:00Z`);
  return Number.isNaN(ms) || tableOf(dayOf(ms)) !== table ? undefined : dayOf(ms);
}

/** The bounds of the partition of a day, in SQL. */
export const boundsOf = (day: number): string =>
  `FROM ('${dateOf(day)} 00:00:00+00') TO ('${dateOf(day + 1)} 00:00:00+00')`;
