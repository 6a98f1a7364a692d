import { SignalboxError } from '../../../schemas/index.ts';
import type { LoggedEvent } from '../../jobs/events.ts';
import { toEventRows, toLogPage } from '../event-rows.ts';
import type { Cursor } from '../page-cursor.ts';
import type { StoredItem, StoreTransfer } from '../store-transfer.ts';
import type { StoredSubmission } from '../stored-job.ts';
import { toOutput, toStoredClient, toStoredJob, toStoredJobs, toSubmission } from './from-rows.ts';
import type { ReadOperations, WriteOperations } from './operations.ts';
import type { EntryItemRow, ImportRow, JobRows } from './rows.ts';
import { packOutput, toClientRow, toJobRow, toSubmissionRow } from './to-rows.ts';
import { pack, unpack } from './values.ts';
import type { WorkerCalls } from './worker-calls.ts';

/** Limits of one message to the thread: items and bytes. */
const maxPart = { items: 1_000, bytes: 4_194_304 };

/** Gives each transfer its own thread, because its transaction is open from the first part to the last. */
export interface TransferThreads {
  reader(): WorkerCalls<ReadOperations>;
  writer(): WorkerCalls<WriteOperations>;
  imported(id: string): void;
}

export function createSqliteTransfer(threads: TransferThreads): StoreTransfer {
  return {
    async *export() {
      await using reader = threads.reader();
      yield* exportFrom(reader);
    },
    async import(items) {
      await using writer = threads.writer();
      await importInto(writer, items, threads.imported);
    },
    async setClosed(reason) {
      await using writer = threads.writer();
      await writer.call('setClosed', reason);
    },
    async vacuum() {
      await using writer = threads.writer();
      await writer.call('vacuum');
    },
  };
}

async function* exportFrom(reader: WorkerCalls<ReadOperations>): AsyncGenerator<StoredItem> {
  const { id, nextNumber, epochs, clients } = await reader.call('beginExport');
  yield { type: 'store', id, nextNumber };
  for (const epoch of epochs) yield { type: 'epoch', epoch };
  for (const row of clients) yield { type: 'client', client: toStoredClient(row) };
  yield* exportJobs(reader);
  for (let after: readonly [string, string] = ['', '']; ; ) {
    const { rows, isPart } = await reader.call('exportTombstones', ...after);
    for (const [client, job, packed] of rows) {
      after = [client, job];
      for (const tombstone of toStoredJobs(unpack(packed) as JobRows)) yield { type: 'tombstone', job: tombstone };
    }
    if (!isPart) break;
  }
  for (let after: readonly [string, string] | undefined; ; ) {
    const { rows, isPart } = await reader.call('exportEntries', after);
    for (const [collection, key, json, dueAtMs, words] of rows) {
      after = [collection, key];
      const index = Object.fromEntries(words);
      yield { type: 'entry', collection, key, value: JSON.parse(json), index, dueAtMs: dueAtMs ?? undefined };
    }
    if (!isPart) break;
  }
  for (let from = 1; ; ) {
    const rows = await reader.call('exportEvents', from);
    const { events } = toLogPage(rows, { from, limit: Number.POSITIVE_INFINITY, unpack });
    for (const event of events) yield { type: 'event', event };
    const last = events.at(-1);
    if (!last) return;
    from = last.seq + 1;
  }
}

async function* exportJobs(reader: WorkerCalls<ReadOperations>): AsyncGenerator<StoredItem> {
  let last: StoredSubmission | undefined;
  for (let after: Cursor = { number: 0, client: '' }; ; ) {
    const { submissions, jobs, outputs, isPart } = await reader.call('exportJobs', after);
    const byNumber = new Map(submissions.map((row) => [row[0], row]));
    for (const [at, row] of jobs.entries()) {
      const [number, client] = row;
      after = { number, client };
      const submission = byNumber.get(number);
      if (!submission) continue;
      if (last?.number !== number) {
        last = toSubmission(submission);
        yield { type: 'submission', submission: last };
      }
      const { submission: _, ...job } = toStoredJob(last, row);
      yield { type: 'job', job, output: toOutput(outputs[at] ?? null) };
    }
    if (!isPart) return;
  }
}

async function importInto(
  writer: WorkerCalls<WriteOperations>,
  items: AsyncIterable<StoredItem>,
  imported: (id: string) => void,
): Promise<void> {
  await writer.call('beginImport');
  let id: string | undefined;
  let submission: StoredSubmission | undefined;
  let part: ImportRow[] = [];
  let events: LoggedEvent[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    for (const row of toEventRows(events, pack)) part.push(['events', ...row]);
    await writer.call('addImport', part);
    part = [];
    events = [];
    bytes = 0;
  };
  for await (const item of items) {
    if (item.type === 'store') id = item.id;
    else if (item.type === 'submission') submission = item.submission;
    if (item.type === 'event') events.push(item.event);
    else {
      const row = toImportRow(item, submission);
      part.push(row);
      bytes += bytesOf(row);
    }
    if (part.length + events.length >= maxPart.items || bytes >= maxPart.bytes) await flush();
  }
  if (id === undefined)
    throw new SignalboxError('bad_store', 'the export is incomplete: the id of the store is missing');
  await flush();
  await writer.call('commitImport');
  imported(id);
}

/** Size of its packed values. */
function bytesOf(row: ImportRow): number {
  let bytes = 0;
  for (const value of row.flat()) if (value instanceof Uint8Array) bytes += value.length;
  return bytes;
}

function toImportRow(
  item: Exclude<StoredItem, { type: 'event' }>,
  submission: StoredSubmission | undefined,
): ImportRow {
  if (item.type === 'store') return ['store', item.id, item.nextNumber];
  if (item.type === 'epoch') return ['epoch', item.epoch];
  if (item.type === 'submission') return ['submission', toSubmissionRow(item.submission)];
  if (item.type === 'client') {
    return ['client', toClientRow(item.client)];
  }
  if (item.type === 'tombstone') {
    const { job } = item;
    const { number, id } = job.submission;
    const rows: JobRows = { submissions: [toSubmissionRow(job.submission)], jobs: [toJobRow(number, job)] };
    return ['tombstone', job.client, id, job.bootId ?? '', pack(rows)];
  }
  if (item.type === 'entry') {
    const { collection, key, value, index, dueAtMs } = item;
    const row: EntryItemRow = [collection, key, JSON.stringify(value), dueAtMs ?? null, Object.entries(index)];
    return ['entry', row];
  }
  if (!submission) throw new SignalboxError('bad_store', 'a job precedes its submission');
  return ['job', toJobRow(submission.number, { ...item.job, submission }), packOutput(item.output)];
}
