import type { Collection, Entry } from '../collection.ts';
import type { EntryRow } from './entries.ts';
import type { ReadOperations, WriteOperations } from './operations.ts';
import type { WorkerCalls } from './worker-calls.ts';

export function createSqliteCollection<Value>(
  name: string,
  reader: WorkerCalls<ReadOperations>,
  writer: WorkerCalls<WriteOperations>,
): Collection<Value> {
  const entryOf = ([key, json, version]: EntryRow): Entry<Value> => ({ key, value: JSON.parse(json), version });
  const optional = (row: EntryRow | undefined) => row && entryOf(row);
  return {
    get: async (key) => optional(await reader.call('getEntry', name, key)),
    putIfAbsent: async (key, value, indexed = {}) =>
      optional(await writer.call('setEntry', name, key, undefined, JSON.stringify(value), indexed)),
    compareAndSet: async (key, version, value, indexed = {}) =>
      optional(await writer.call('setEntry', name, key, version, JSON.stringify(value), indexed)),
    compareAndDelete: (key, version) => writer.call('deleteEntry', name, key, version),
    list: async (limit, after) => (await reader.call('listEntries', name, limit, after)).map(entryOf),
    byIndex: async (word, value, limit, after) =>
      (await reader.call('entriesByWord', name, word, value, limit, after)).map(entryOf),
    claimDue: async (nowMs, againAtMs, limit) =>
      (await writer.call('claimDue', name, nowMs, againAtMs, limit)).map(entryOf),
  };
}
