import type { DatabaseSync } from 'node:sqlite';
import type { Indexed } from '../collection.ts';
import { StoreFailure } from './failure.ts';
import { prepareRows } from './prepare-rows.ts';

export type EntryRow = readonly [key: string, json: string, version: number];

const rowOf = 'SELECT e.key, e.value, e.version FROM entries e';

/** Reads collections. */
export class EntryReader {
  private readonly database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  get(collection: string, key: string): EntryRow | undefined {
    return this.rows(`${rowOf} WHERE e.collection = ? AND e.key = ?`, collection, key)[0];
  }

  list(collection: string, limit: number, after: string | undefined): readonly EntryRow[] {
    const behind = after === undefined ? '' : 'AND e.key > ?3';
    const sql = `${rowOf} WHERE e.collection = ?1 ${behind} ORDER BY e.key LIMIT ?2`;
    return this.rows(sql, collection, limit, ...optional(after));
  }

  byWord(
    collection: string,
    word: string,
    value: string,
    limit: number,
    after: string | undefined,
  ): readonly EntryRow[] {
    const behind = after === undefined ? '' : 'AND w.key > ?5';
    const sql = `SELECT e.key, e.value, e.version FROM entry_words w
      CROSS JOIN entries e ON e.collection = w.collection AND e.key = w.key
      WHERE w.collection = ?1 AND w.word = ?2 AND w.value = ?3 ${behind} ORDER BY w.key LIMIT ?4`;
    return this.rows(sql, collection, word, value, limit, ...optional(after));
  }

  private rows(sql: string, ...parameters: readonly (string | number)[]): readonly EntryRow[] {
    return prepareRows(this.database, sql).all(...parameters) as unknown as EntryRow[];
  }
}

const optional = (after: string | undefined): readonly string[] => (after === undefined ? [] : [after]);

/** Writes collections, within a transaction of its caller. */
export class EntryWriter {
  private readonly database: DatabaseSync;
  private readonly reader: EntryReader;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.reader = new EntryReader(database);
  }

  /** @param version of the entry to replace; undefined if there is none. */
  set(
    collection: string,
    key: string,
    version: number | undefined,
    json: string,
    indexed: Indexed,
  ): EntryRow | undefined {
    if (this.reader.get(collection, key)?.[2] !== version) return undefined;
    const next = this.nextVersion();
    this.database
      .prepare('INSERT OR REPLACE INTO entries (collection, key, value, version, due_at_ms) VALUES (?, ?, ?, ?, ?)')
      .run(collection, key, json, next, indexed.dueAtMs ?? null);
    this.dropWords(collection, key);
    const insert = this.database.prepare('INSERT INTO entry_words (collection, word, value, key) VALUES (?, ?, ?, ?)');
    for (const [word, value] of Object.entries(indexed.index ?? {})) insert.run(collection, word, value, key);
    return [key, json, next];
  }

  delete(collection: string, key: string, version: number): boolean {
    this.checkOpen();
    const sql = 'DELETE FROM entries WHERE collection = ? AND key = ? AND version = ?';
    if (this.database.prepare(sql).run(collection, key, version).changes === 0) return false;
    this.dropWords(collection, key);
    return true;
  }

  claimDue(collection: string, nowMs: number, againAtMs: number, limit: number): readonly EntryRow[] {
    const due = this.database.prepare(`SELECT key, value FROM entries INDEXED BY entries_by_due
      WHERE collection = ? AND due_at_ms <= ? ORDER BY due_at_ms, key LIMIT ?`);
    const claim = this.database.prepare(
      'UPDATE entries SET due_at_ms = ?, version = ? WHERE collection = ? AND key = ?',
    );
    return (due.all(collection, nowMs, limit) as { key: string; value: string }[]).map(({ key, value }) => {
      const version = this.nextVersion();
      claim.run(againAtMs, version, collection, key);
      return [key, value, version];
    });
  }

  private dropWords(collection: string, key: string): void {
    this.database.prepare('DELETE FROM entry_words WHERE collection = ? AND key = ?').run(collection, key);
  }

  private nextVersion(): number {
    this.checkOpen();
    const sql = 'UPDATE store SET next_version = next_version + 1 RETURNING next_version - 1 AS version';
    return Number(this.database.prepare(sql).get()?.version);
  }

  private checkOpen(): void {
    const closed = this.database.prepare('SELECT closed FROM store').get()?.closed;
    if (typeof closed === 'string') throw new StoreFailure('bad_store', `this store is closed: ${closed}`);
  }
}
