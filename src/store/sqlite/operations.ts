import type { DatabaseSync } from 'node:sqlite';
import type { Indexed } from '../collection.ts';
import type { Holder, Keep } from '../job-store.ts';
import type { Cursor } from '../page-cursor.ts';
import type { StoredJobFilter, StoredJobKey } from '../stored-job.ts';
import { EntryReader } from './entries.ts';
import { Exporter } from './exporting.ts';
import { LogReader } from './log-reader.ts';
import { JobReader } from './reading.ts';
import type { ChangeRow, ImportRow } from './rows.ts';
import type { StoreWriter } from './writing.ts';

/** The operations of the reading thread. */
export function readOperations(database: DatabaseSync) {
  const jobs = new JobReader(database);
  const log = new LogReader(database);
  const entries = new EntryReader(database);
  const exporter = new Exporter(database);
  return {
    id: () => jobs.id(),
    beginExport: () => exporter.begin(),
    exportJobs: (after: Cursor) => exporter.jobs(after),
    exportTombstones: (client: string, id: string) => exporter.tombstones(client, id),
    exportEvents: (from: number) => log.page(from, 1_000),
    exportEntries: (after: readonly [string, string] | undefined) => exporter.entries(after),
    list: (filter: StoredJobFilter, limit: number, from: Cursor | undefined) => jobs.list(filter, limit, from),
    find: (keys: readonly StoredJobKey[]) => jobs.find(keys),
    findByKey: (actor: string, key: string) => jobs.findByKey(actor, key),
    output: (job: StoredJobKey) => jobs.output(job),
    events: (from: number, limit: number) => log.page(from, limit),
    knownEpochs: (epochs: readonly string[]) => jobs.knownEpochs(epochs),
    info: () => jobs.info(),
    getEntry: (collection: string, key: string) => entries.get(collection, key),
    listEntries: (collection: string, limit: number, after?: string) => entries.list(collection, limit, after),
    entriesByWord: (collection: string, word: string, value: string, limit: number, after?: string) =>
      entries.byWord(collection, word, value, limit, after),
  };
}

/** The operations of the writing thread. */
export function writeOperations(database: DatabaseSync, writer: StoreWriter) {
  const jobs = new JobReader(database);
  const log = new LogReader(database);
  const { entries, upkeep } = writer;
  return {
    id: () => jobs.id(),
    take: (holder: Holder) => ({ nextNumber: writer.take(holder), nextSeq: log.nextSeq(), clients: jobs.clients() }),
    unsettled: (limit: number, after: Cursor) => jobs.unsettled(limit, after),
    addPart: (number: number, changes: readonly ChangeRow[]) => writer.addPart(number, changes),
    commit: (number: number, changes: readonly ChangeRow[]) => writer.commit(number, changes),
    prune: (keep: Keep) => writer.prune(keep),
    beginImport: () => upkeep.beginImport(),
    addImport: (rows: readonly ImportRow[]) => upkeep.addImport(rows),
    commitImport: () => upkeep.commitImport(),
    setClosed: (reason: string | undefined) => upkeep.setClosed(reason),
    vacuum: () => upkeep.vacuum(),
    setEntry: (collection: string, key: string, version: number | undefined, json: string, indexed: Indexed) =>
      writer.transaction(() => entries.set(collection, key, version, json, indexed)),
    deleteEntry: (collection: string, key: string, version: number) =>
      writer.transaction(() => entries.delete(collection, key, version)),
    claimDue: (collection: string, nowMs: number, againAtMs: number, limit: number) =>
      writer.transaction(() => entries.claimDue(collection, nowMs, againAtMs, limit)),
  };
}

export type ReadOperations = ReturnType<typeof readOperations>;
export type WriteOperations = ReturnType<typeof writeOperations>;
