import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { parsePlaceName } from '../../place-name.ts';
import type { StoreInfo } from '../job-store.ts';
import type { Cursor } from '../page-cursor.ts';
import type { StoredJobFilter, StoredJobKey } from '../stored-job.ts';
import { blockOf } from './block-index.ts';
import { select } from './columns.ts';
import { listQuery, lowestQuery } from './list-query.ts';
import { pragma } from './migrations.ts';
import { jobsOfBlock, openWord } from './open-blocks.ts';
import { prepareRows } from './prepare-rows.ts';
import { type Blob, type ClientRow, type JobRow, type JobRows, packedOf, type SubmissionRow } from './rows.ts';
import { unpack } from './values.ts';

/** Maximum size of one answer. Longer results take several answers. */
const maxAnswerBytes = 4_194_304;

/** Jobs without an outcome. */
const openJobs = `blocks b CROSS JOIN jobs j ON ${jobsOfBlock}
  WHERE b.word = '${openWord}' AND b.value = '' AND j.outcome IS NULL`;

export interface PageRows extends JobRows {
  /** Whether more rows follow. */
  readonly isPart: boolean;
  /** For the next page. */
  readonly lowest: number;
}

/** Reads jobs and the data that belongs to them. */
export class JobReader {
  private readonly database: DatabaseSync;
  private readonly submission: StatementSync;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.submission = prepareRows(this.database, `${select('submissions', 's')} FROM submissions s WHERE s.number = ?`);
  }

  id(): string {
    return String(this.database.prepare('SELECT id FROM store').get()?.id);
  }

  list(filter: StoredJobFilter, limit: number, from: Cursor | undefined): PageRows {
    const start = from?.lowest ?? this.lowest(filter.sinceMs);
    if (filter.outcomes && (filter.unsettled || filter.outcomes.length === 0))
      return { ...this.gather([], limit), lowest: 0 };
    // One more than requested, to detect whether there is another page.
    const { sql, parameters } = listQuery(filter, limit + 1, from, start);
    return { ...this.gather(prepareRows(this.database, sql).iterate(...parameters), limit), lowest: start };
  }

  /** Jobs without an outcome, oldest first. */
  unsettled(limit: number, after: Cursor): JobRows & { isPart: boolean } {
    const sql = `${select('jobs', 'j')} FROM ${openJobs} AND b.block >= ? AND (j.number, j.client) > (?, ?)
      ORDER BY b.block, j.number, j.client LIMIT ?`;
    const { number, client } = after;
    const rows = prepareRows(this.database, sql).iterate(blockOf(number), number, client, limit + 1);
    return this.gather(rows, limit);
  }

  find(keys: readonly StoredJobKey[]): JobRows {
    const by = (what: 'client' | 'place') =>
      prepareRows(
        this.database,
        `${select('jobs', 'j')} FROM submissions s CROSS JOIN jobs j ON j.number = s.number AND j.${what} = ?2 WHERE s.id = ?1`,
      );
    const jobs = by('client');
    const places = by('place');
    const sent = prepareRows(this.database, `${select('jobs', 'j')} FROM jobs j WHERE j.sent_as = ? AND j.client = ?`);
    const tombstones = this.database.prepare('SELECT rows FROM tombstones WHERE client = ? AND id = ?');
    const found: JobRow[] = [];
    const pruned: JobRows[] = [];
    for (const { id, client } of keys) {
      const place = parsePlaceName(client);
      const job = (place === undefined ? (jobs.get(id, client) ?? sent.get(id, client)) : places.get(id, place)) as
        | JobRow
        | undefined;
      const tombstone = job ? undefined : (tombstones.get(client, id) as { rows: Uint8Array } | undefined);
      if (job) found.push(job);
      else if (tombstone) pruned.push(unpack(tombstone.rows) as JobRows);
    }
    const { submissions, jobs: rows } = this.gather(found, found.length);
    return {
      submissions: [...submissions, ...pruned.flatMap((one) => one.submissions)],
      jobs: [...rows, ...pruned.flatMap((one) => one.jobs)],
    };
  }

  findByKey(actor: string, key: string): JobRows {
    const sql = `${select('jobs', 'j')} FROM submissions s CROSS JOIN jobs j ON j.number = s.number
      WHERE s.actor = ? AND s.key = ? ORDER BY j.number, j.client`;
    return this.gather(
      prepareRows(this.database, sql).iterate(actor, key),
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    );
  }

  output({ id, client: name }: StoredJobKey): Blob {
    const sql = `SELECT o.runs FROM submissions s CROSS JOIN outputs o ON o.number = s.number AND o.client = ?2
      WHERE s.id = ?1`;
    const client = parsePlaceName(name) === undefined ? name : (this.find([{ id, client: name }]).jobs[0]?.[1] ?? name);
    return (prepareRows(this.database, sql).get(id, client) as [Uint8Array] | undefined)?.[0] ?? null;
  }

  knownEpochs(epochs: readonly string[]): readonly string[] {
    const known = this.database.prepare('SELECT 1 FROM epochs WHERE epoch = ?');
    return epochs.filter((epoch) => known.get(epoch));
  }

  clients(): readonly ClientRow[] {
    return prepareRows(this.database, `${select('clients', 'c')} FROM clients c`).all() as unknown as ClientRow[];
  }

  info(): Omit<StoreInfo, 'address'> {
    const one = (sql: string) => this.database.prepare(sql).get() ?? {};
    const store = one('SELECT id, epoch, endpoint, host, pid, closed FROM store');
    const count = (sql: string) => Number(one(`SELECT count(*) AS n FROM ${sql}`).n);
    const { epoch } = store;
    return {
      id: String(store.id),
      schemaVersion: pragma(this.database, 'user_version'),
      bytes: usedBytes(this.database),
      jobs: count('jobs'),
      unsettled: count(openJobs),
      epochs: count('epochs'),
      holder:
        epoch === null
          ? undefined
          : {
              epoch: String(epoch),
              endpoint: String(store.endpoint),
              host: String(store.host),
              pid: Number(store.pid),
            },
      closed: store.closed === null ? undefined : String(store.closed),
    };
  }

  private lowest(sinceMs: number | undefined): number {
    if (sinceMs === undefined) return 0;
    // All blocks are older, so no number matches.
    return (
      (prepareRows(this.database, lowestQuery).get(sinceMs) as unknown as [number | null])[0] ?? Number.MAX_SAFE_INTEGER
    );
  }

  /** The rows up to a limit, with their submissions. */
  private gather(rows: Iterable<unknown>, limit: number, maxBytes = maxAnswerBytes): JobRows & { isPart: boolean } {
    const submissions = new Map<number, SubmissionRow>();
    const jobs: JobRow[] = [];
    let bytes = 0;
    for (const row of rows as Iterable<JobRow>) {
      if (jobs.length === limit || bytes > maxBytes)
        return { submissions: [...submissions.values()], jobs, isPart: true };
      const [number] = row;
      const { settlement, late } = packedOf(row);
      if (!submissions.has(number)) {
        const submission = this.submission.get(number) as unknown as SubmissionRow;
        submissions.set(number, submission);
        bytes += (submission.at(-1) as Blob)?.length ?? 0;
      }
      bytes += (settlement?.length ?? 0) + (late?.length ?? 0);
      jobs.push(row);
    }
    return { submissions: [...submissions.values()], jobs, isPart: false };
  }
}

/** Number of bytes of the pages in use. */
export const usedBytes = (database: DatabaseSync): number =>
  (pragma(database, 'page_count') - pragma(database, 'freelist_count')) * pragma(database, 'page_size');
