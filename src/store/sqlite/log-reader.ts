import type { DatabaseSync } from 'node:sqlite';
import type { LogRows } from '../event-rows.ts';
import { prepareRows } from './prepare-rows.ts';

/** Limit of one answer. */
const maxBytes = 4_194_304;

/** Reads the log of events. */
export class LogReader {
  private readonly ends;
  private readonly rows;

  constructor(database: DatabaseSync) {
    this.ends = prepareRows(database, 'SELECT (SELECT min(first_seq) FROM events), (SELECT max(last_seq) FROM events)');
    this.rows = prepareRows(
      database,
      `SELECT last_seq, packed FROM events
        WHERE first_seq >= coalesce((SELECT max(first_seq) FROM events WHERE first_seq <= ?), 0) ORDER BY first_seq`,
    );
  }

  nextSeq(): number {
    return this.page(1, 0).next;
  }

  /** The rows with this number of events. They can begin before `from`. */
  page(from: number, limit: number): LogRows {
    const [oldest, newest] = this.ends.get() as unknown as readonly [number | null, number | null];
    const rows: Uint8Array[] = [];
    let bytes = 0;
    if (limit > 0) {
      for (const [last, packed] of this.rows.iterate(from) as Iterable<readonly [number, Uint8Array]>) {
        rows.push(packed);
        bytes += packed.length;
        if (last >= from + limit - 1 || bytes > maxBytes) break;
      }
    }
    const next = (newest ?? 0) + 1;
    return { rows, oldest: oldest ?? next, next };
  }
}
