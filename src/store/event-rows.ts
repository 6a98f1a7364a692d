import type { LoggedEvent } from '../jobs/events.ts';
import type { LogPage } from './job-store.ts';

/** Consecutive events, packed into one row. */
export type EventsRow<Packed extends Uint8Array = Uint8Array> = readonly [
  firstSeq: number,
  lastSeq: number,
  newestAtMs: number,
  packed: Packed,
];

/** Maximum size of a row. */
const maxRow = { events: 256, bytes: 1_048_576 };

/** Packs consecutive events into a few rows of a database. One row per event would cost more than the jobs themselves. */
export function toEventRows<Packed extends Uint8Array>(
  events: readonly LoggedEvent[],
  pack: (events: readonly LoggedEvent[]) => Packed,
): EventsRow<Packed>[] {
  const [first] = events;
  const last = events.at(-1);
  if (!first || !last) return [];
  const packed = events.length <= maxRow.events ? pack(events) : undefined;
  if (packed && (packed.length <= maxRow.bytes || events.length === 1)) {
    const newestAtMs = events.reduce((newest, { atMs }) => Math.max(newest, atMs), 0);
    return [[first.seq, last.seq, newestAtMs, packed]];
  }
  const half = Math.ceil(events.length / 2);
  return [...toEventRows(events.slice(0, half), pack), ...toEventRows(events.slice(half), pack)];
}

/** The rows of a log from a number on. */
export interface LogRows {
  /** The first row may begin before that number. */
  readonly rows: readonly Uint8Array[];
  /** Number of the oldest event in the log. */
  readonly oldest: number;
  /** Number of the next event. */
  readonly next: number;
}

/** Unpacks rows into a page. @param unpack the inverse of `pack` of `toEventRows`. */
export function toLogPage(
  { rows, oldest, next }: LogRows,
  { from, limit, unpack }: { from: number; limit: number; unpack: (packed: Uint8Array) => unknown },
): LogPage {
  const events = rows.flatMap((packed) => unpack(packed) as LoggedEvent[]).filter(({ seq }) => seq >= from);
  return { events: events.slice(0, limit), oldest, next };
}
