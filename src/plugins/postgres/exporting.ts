import type { StoredItem } from '../../index.ts';
import { readLog } from './log.ts';
import { Conditions, clients, maxRows, selectJobs, unpackTombstone } from './reading.ts';
import { toStoredJobs } from './rows.ts';
import type { Session } from './session.ts';
import { type Blob, fromText, unpack } from './values.ts';

/** Exports a snapshot of the whole store, as of the first item. Reads it in parts, to bound memory. */
export async function* exportItems(session: Session): AsyncGenerator<StoredItem> {
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const [store] = await session.query<[string, number]>('SELECT id, next_number FROM store');
  yield { type: 'store', id: store?.[0] ?? '', nextNumber: store?.[1] ?? 1 };
  for (const [epoch] of await session.query<[string]>('SELECT epoch FROM epochs ORDER BY epoch'))
    yield { type: 'epoch', epoch };
  for (const client of await clients(session)) yield { type: 'client', client };
  yield* exportJobs(session);
  yield* exportTombstones(session);
  yield* exportEntries(session);
  yield* exportEvents(session);
}

async function* exportJobs(session: Session): AsyncGenerator<StoredItem> {
  let last: { readonly number: number; readonly client: string } = { number: 0, client: '' };
  for (;;) {
    const where = new Conditions().add('(j.number, j.client) > ($?, $?)', last.number, last.client);
    const { rows, extras, isPart } = await selectJobs(session, where, {
      limit: maxRows,
      direction: 'ASC',
      extra: ['output'],
    });
    for (const [at, { submission, ...job }] of toStoredJobs(rows).entries()) {
      if (submission.number !== last.number) yield { type: 'submission', submission };
      const output = extras[at]?.[0] as Blob;
      yield { type: 'job', job, output: output ? unpack(output) : [] };
      last = { number: submission.number, client: job.client };
    }
    if (!isPart) return;
  }
}

async function* exportTombstones(session: Session): AsyncGenerator<StoredItem> {
  for (let after = ['', '']; ; ) {
    const text = `SELECT client, id, job FROM tombstones WHERE (client, id) > ($1, $2) ORDER BY client, id LIMIT ${maxRows}`;
    const rows = await session.query<[string, string, Buffer]>(text, after);
    for (const [, , job] of rows) yield { type: 'tombstone', job: unpackTombstone(job) };
    const last = rows.at(-1);
    if (!last) return;
    after = [last[0], last[1]];
  }
}

async function* exportEntries(session: Session): AsyncGenerator<StoredItem> {
  type Row = [collection: string, key: string, value: string, dueAtMs: number | null, words: readonly string[]];
  let after: readonly string[] | undefined;
  for (;;) {
    const behind = after ? 'WHERE (collection, key) > ($1, $2)' : '';
    const text = `SELECT collection, key, value, due_at_ms, words FROM entries ${behind} ORDER BY collection, key LIMIT 100`;
    const rows = await session.query<Row>(text, after);
    for (const [collection, key, value, dueAtMs, words] of rows) {
      const index = Object.fromEntries(words.map((word) => (JSON.parse(word) as [string, string, string]).slice(1)));
      const found = { index, dueAtMs: dueAtMs ?? undefined };
      yield { type: 'entry', collection: fromText(collection), key: fromText(key), value: JSON.parse(value), ...found };
    }
    const last = rows.at(-1);
    if (!last) return;
    after = [last[0], last[1]];
  }
}

async function* exportEvents(session: Session): AsyncGenerator<StoredItem> {
  for (let from = 1; ; ) {
    const { events } = await readLog(session, from, 1_000);
    for (const event of events) yield { type: 'event', event };
    const last = events.at(-1);
    if (!last) return;
    from = last.seq + 1;
  }
}
