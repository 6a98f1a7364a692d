import type { DatabaseSync } from 'node:sqlite';
import type { Cursor } from '../page-cursor.ts';
import { select } from './columns.ts';
import { prepareRows } from './prepare-rows.ts';
import {
  type Blob,
  type ClientRow,
  type EntryItemRow,
  type JobRow,
  type JobRows,
  packedOf,
  type SubmissionRow,
} from './rows.ts';

/** Limits of one answer. */
const maxBytes = 4_194_304;
const maxRows = 1_000;

/** Jobs with their output, in order. */
export interface ExportedJobs extends JobRows {
  readonly outputs: readonly Blob[];
  readonly isPart: boolean;
}

export interface Part<Row> {
  readonly rows: readonly Row[];
  readonly isPart: boolean;
}

/** Reads a snapshot of a store, as of `begin`, in parts. Later commits are not in it. */
export class Exporter {
  private readonly database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  begin(): { id: string; nextNumber: number; epochs: readonly string[]; clients: readonly ClientRow[] } {
    this.database.exec('BEGIN');
    // The first read determines the snapshot.
    const store = this.database.prepare('SELECT id, next_number FROM store').get();
    const epochs = prepareRows(this.database, 'SELECT epoch FROM epochs').all() as unknown as readonly [string][];
    const clients = prepareRows(this.database, `${select('clients', 'c')} FROM clients c`).all();
    return {
      id: String(store?.id),
      nextNumber: Number(store?.next_number),
      epochs: epochs.map(([epoch]) => epoch),
      clients: clients as unknown as ClientRow[],
    };
  }

  jobs(after: Cursor): ExportedJobs {
    const sql = `${select('jobs', 'j')}, (SELECT runs FROM outputs o WHERE o.number = j.number AND o.client = j.client)
      FROM jobs j WHERE (j.number, j.client) > (?, ?) ORDER BY j.number, j.client`;
    const find = prepareRows(this.database, `${select('submissions', 's')} FROM submissions s WHERE s.number = ?`);
    const submissions = new Map<number, SubmissionRow>();
    const outputs: Blob[] = [];
    const { rows, isPart } = this.part<readonly [...JobRow, Blob]>(sql, [after.number, after.client], (row) => {
      const [number] = row;
      const { settlement, late } = packedOf(row);
      const output = row.at(-1) as Blob;
      outputs.push(output);
      const isNew = !submissions.has(number);
      if (isNew) submissions.set(number, find.get(number) as unknown as SubmissionRow);
      const args = isNew ? (submissions.get(number)?.at(-1) as Blob) : null;
      return [settlement, late, output, args].reduce((sum, blob) => sum + (blob?.length ?? 0), 0);
    });
    const jobs = rows.map((row) => row.slice(0, -1) as unknown as JobRow);
    return { submissions: [...submissions.values()], jobs, outputs, isPart };
  }

  tombstones(client: string, id: string): Part<readonly [client: string, id: string, rows: Uint8Array]> {
    const sql = 'SELECT client, id, rows FROM tombstones WHERE (client, id) > (?, ?) ORDER BY client, id';
    return this.part(sql, [client, id], ([, , rows]: readonly [string, string, Uint8Array]) => rows.length);
  }

  /** @param after undefined for the first part. */
  entries(after: readonly [collection: string, key: string] | undefined): Part<EntryItemRow> {
    const behind = after ? 'WHERE (e.collection, e.key) > (?, ?)' : '';
    const sql = `SELECT e.collection, e.key, e.value, e.due_at_ms FROM entries e ${behind} ORDER BY e.collection, e.key`;
    const find = prepareRows(this.database, 'SELECT word, value FROM entry_words WHERE collection = ? AND key = ?');
    type Row = readonly [collection: string, key: string, json: string, dueAtMs: number | null];
    const { rows, isPart } = this.part<Row>(sql, after ?? [], ([, , json]) => json.length);
    const withWords = rows.map(
      ([collection, key, json, dueAtMs]): EntryItemRow => [
        collection,
        key,
        json,
        dueAtMs,
        find.all(collection, key) as unknown as readonly [string, string][],
      ],
    );
    return { rows: withWords, isPart };
  }

  private part<Row>(sql: string, parameters: readonly (string | number)[], bytesOf: (row: Row) => number): Part<Row> {
    const rows: Row[] = [];
    let bytes = 0;
    for (const row of prepareRows(this.database, sql).iterate(...parameters) as Iterable<unknown>) {
      if (rows.length === maxRows || bytes > maxBytes) return { rows, isPart: true };
      bytes += bytesOf(row as Row);
      rows.push(row as Row);
    }
    return { rows, isPart: false };
  }
}
