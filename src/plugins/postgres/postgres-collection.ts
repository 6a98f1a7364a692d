import type { Collection, Entry, Indexed } from '../../index.ts';
import type { Holding } from './holding.ts';
import type { Lane } from './lane.ts';
import { fromText, toText } from './values.ts';

type EntryRow = readonly [key: string, json: string, version: number];

/** An index word of an entry, as stored in the array of its row. */
export const wordOf = (collection: string, word: string, value: string): string =>
  JSON.stringify([collection, word, value]);

const wordsOf = (collection: string, { index = {} }: Indexed): string[] =>
  Object.entries(index).map(([word, value]) => wordOf(collection, word, value));

/** Condition for changes. A server that was suspended and replaced cannot change entries; without a holder, anybody can. */
const held = (parameter: number) => `closed IS NULL AND ($${parameter}::text IS NULL OR epoch = $${parameter})`;

const put = `INSERT INTO entries (collection, key, value, version, due_at_ms, words)
  SELECT $1, $2, $3, nextval('entry_versions'), $4, $5 FROM store WHERE ${held(6)}
  ON CONFLICT DO NOTHING RETURNING key, value, version`;
const set = `UPDATE entries SET value = $3, version = nextval('entry_versions'), due_at_ms = $4, words = $5
  FROM store WHERE ${held(7)} AND collection = $1 AND key = $2 AND entries.version = $6 RETURNING key, value, entries.version`;
const remove = `DELETE FROM entries USING store
  WHERE ${held(4)} AND collection = $1 AND key = $2 AND entries.version = $3 RETURNING 1`;
const claim = `UPDATE entries e SET due_at_ms = $3, version = nextval('entry_versions')
  FROM (
    SELECT key, due_at_ms FROM entries, store WHERE ${held(5)} AND collection = $1 AND due_at_ms <= $2
    ORDER BY due_at_ms, key LIMIT $4 FOR UPDATE OF entries SKIP LOCKED
  ) due
  WHERE e.collection = $1 AND e.key = due.key RETURNING e.key, e.value, e.version, due.due_at_ms`;

const compareBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

interface CollectionOptions {
  readonly reader: Lane;
  readonly writer: Lane;
  readonly holding: Holding;
}

export function createPostgresCollection<Value>(
  name: string,
  { reader, writer, holding }: CollectionOptions,
): Collection<Value> {
  const collection = toText(name);
  const entryOf = ([key, json, version]: EntryRow): Entry<Value> => ({
    key: fromText(key),
    value: JSON.parse(json),
    version,
  });
  const read = (text: string, values: readonly (string | number | string[])[]): Promise<Entry<Value>[]> =>
    reader.read(async (session) => (await session.query<EntryRow>(text, values)).map(entryOf));
  const write = <Row extends readonly unknown[]>(
    text: string,
    values: readonly (string | number | string[] | null)[],
  ): Promise<Row[]> =>
    writer.transaction(async (session) => {
      const rows = await session.query<Row>(text, [...values, holding.epoch ?? null]);
      if (rows.length === 0) await holding.checkWritable(session);
      return rows;
    });
  const one = async (text: string, key: string, value: Value, indexed: Indexed, ...rest: number[]) => {
    const cells = [
      collection,
      toText(key),
      JSON.stringify(value),
      indexed.dueAtMs ?? null,
      wordsOf(name, indexed),
      ...rest,
    ];
    const [row] = await write<EntryRow>(text, cells);
    return row && entryOf(row);
  };
  const rowOf = 'SELECT key, value, version FROM entries WHERE collection = $1';
  const behind = (after: string | undefined) => (after === undefined ? [] : [toText(after)]);
  return {
    get: async (key) => (await read(`${rowOf} AND key = $2`, [collection, toText(key)]))[0],
    putIfAbsent: (key, value, indexed = {}) => one(put, key, value, indexed),
    compareAndSet: (key, version, value, indexed = {}) => one(set, key, value, indexed, version),
    compareAndDelete: async (key, version) => (await write(remove, [collection, toText(key), version])).length > 0,
    list: (limit, after) =>
      read(`${rowOf} ${after === undefined ? '' : 'AND key > $3'} ORDER BY key LIMIT $2`, [
        collection,
        limit,
        ...behind(after),
      ]),
    byIndex: (word, value, limit, after) =>
      read(`${rowOf} AND words @> $2::text[] ${after === undefined ? '' : 'AND key > $4'} ORDER BY key LIMIT $3`, [
        ...[collection, [wordOf(name, word, value)], limit],
        ...behind(after),
      ]),
    async claimDue(nowMs, againAtMs, limit) {
      const rows = await write<[...EntryRow, number]>(claim, [collection, nowMs, againAtMs, limit]);
      rows.sort(([one, , , due], [other, , , otherDue]) => due - otherDue || compareBytes(one, other));
      return rows.map(([key, json, version]) => entryOf([key, json, version]));
    },
  };
}
