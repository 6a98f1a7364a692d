import type { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '../../../schemas/index.ts';
import type { Keep } from '../job-store.ts';
import { blockOf, blockSize } from './block-index.ts';
import { select } from './columns.ts';
import { prepareRows } from './prepare-rows.ts';
import { usedBytes } from './reading.ts';
import type { JobRows, SubmissionRow } from './rows.ts';
import { pack } from './values.ts';

/** Limits of one step, during which commits wait for some ms. */
const maxStep = { jobs: 200, events: 2_000, bytes: 4_194_304 };
/** Size of a job without its values, in tables and indexes. */
const bytesOfJob = 400;

/** Without values, which can take 50 MB for 200 jobs. */
interface Candidate {
  readonly number: number;
  readonly client: string;
  readonly boot: string | null;
  readonly adopted: number;
  readonly taken_up: number;
  readonly cancel_requested: number;
  readonly place: number | null;
  readonly sent_as: string | null;
  readonly settled_at_ms: number;
  readonly outcome: Outcome;
  readonly bytes: number;
  readonly is_awaited: number;
}

/** Deletes settled jobs, within a transaction of the caller. */
export class Pruner {
  private readonly database: DatabaseSync;
  private readonly statements;

  constructor(database: DatabaseSync) {
    this.database = database;
    const prepare = (sql: string) => database.prepare(sql);
    this.statements = {
      oldest: prepare(
        `SELECT j.number, j.client, j.boot, j.adopted, j.taken_up, j.cancel_requested, j.place, j.sent_as, j.settled_at_ms, j.outcome,
        length(j.settlement) + coalesce(length(j.late), 0) +
          coalesce((SELECT length(runs) FROM outputs o WHERE o.number = j.number AND o.client = j.client), 0) AS bytes,
        j.outcome = 'lost' AND j.late IS NULL AND
          EXISTS (SELECT 1 FROM clients c WHERE c.name = j.client AND c.boot = j.boot) AS is_awaited
        FROM jobs j INDEXED BY jobs_by_settling WHERE j.settled_at_ms IS NOT NULL
        ORDER BY j.settled_at_ms LIMIT ${maxStep.jobs}`,
      ),
      submission: prepareRows(database, `${select('submissions', 's')} FROM submissions s WHERE s.number = ?`),
      tombstone: prepare('INSERT OR REPLACE INTO tombstones (client, id, boot, rows) VALUES (?, ?, ?, ?)'),
      output: prepare('DELETE FROM outputs WHERE number = ? AND client = ?'),
      job: prepare('DELETE FROM jobs WHERE number = ? AND client = ?'),
      next: prepare('SELECT next_number FROM store'),
      inBlock: prepare('SELECT 1 FROM submissions WHERE number >= ? AND number < ? LIMIT 1'),
      block: prepare('DELETE FROM blocks WHERE block = ?'),
      blockTime: prepare('DELETE FROM block_times WHERE block = ?'),
      // Keep the newest row, because it has the last number.
      oldestEvents: prepareRows(
        database,
        `SELECT first_seq, newest_at_ms, length(packed) FROM events
          WHERE first_seq < (SELECT max(first_seq) FROM events) ORDER BY first_seq LIMIT ${maxStep.events}`,
      ),
      events: prepare('DELETE FROM events WHERE first_seq <= ?'),
      emptied: prepare(`DELETE FROM submissions WHERE number = ?1
        AND NOT EXISTS (SELECT 1 FROM jobs WHERE number = ?1)`),
    };
  }

  /** @returns the number of deleted jobs and rows of the log. */
  step({ settledBeforeMs, maxBytes }: Keep): number {
    const excess = usedBytes(this.database) - maxBytes;
    let count = 0;
    let bytes = 0;
    const blocks = new Set<number>();
    let goneBeforeMs = settledBeforeMs;
    // Read as a list: no statement may be reading rows that another one deletes.
    for (const row of this.statements.oldest.all() as unknown as Candidate[]) {
      const { number, client, settled_at_ms: settledAtMs } = row;
      const isOld = settledAtMs < settledBeforeMs;
      if (!(isOld || bytes < excess) || bytes > maxStep.bytes) break;
      if (row.is_awaited) this.leaveTombstone(row);
      this.statements.output.run(number, client);
      this.statements.job.run(number, client);
      this.statements.emptied.run(number);
      blocks.add(blockOf(number));
      count += 1;
      bytes += bytesOfJob + row.bytes;
      goneBeforeMs = Math.max(goneBeforeMs, settledAtMs);
    }
    for (const block of blocks) this.dropIfEmpty(block);
    // If no jobs are left to delete, the log alone is too large.
    return count + this.dropEvents(goneBeforeMs, count === 0 ? excess : 0);
  }

  private dropEvents(beforeMs: number, excess: number): number {
    let last: number | undefined;
    let count = 0;
    let bytes = 0;
    type Row = readonly [firstSeq: number, newestAtMs: number, bytes: number];
    for (const [firstSeq, newestAtMs, rowBytes] of this.statements.oldestEvents.all() as unknown as Row[]) {
      if ((newestAtMs >= beforeMs && bytes >= excess) || bytes > maxStep.bytes) break;
      last = firstSeq;
      count += 1;
      bytes += rowBytes;
    }
    if (last !== undefined) this.statements.events.run(last);
    return count;
  }

  private dropIfEmpty(block: number): void {
    const { next_number: next } = this.statements.next.get() as { next_number: number };
    // The newest blocks may still be written to.
    if (block + 2 > blockOf(next) || this.statements.inBlock.get(block * blockSize, (block + 1) * blockSize)) return;
    this.statements.block.run(block);
    this.statements.blockTime.run(block);
  }

  private leaveTombstone(row: Candidate): void {
    const { number, client, boot, place, sent_as: sentAs, outcome } = row;
    const submission = this.statements.submission.get(number) as unknown as SubmissionRow;
    const stripped = [...submission.slice(0, -2), null, null] as unknown as SubmissionRow;
    const settlement = pack({ outcome });
    const rows: JobRows = {
      submissions: [stripped],
      jobs: [
        [
          number,
          client,
          boot,
          row.adopted,
          row.taken_up,
          row.cancel_requested,
          place,
          sentAs,
          // Nobody needs its tombstone.
          null,
          row.settled_at_ms,
          outcome,
          settlement,
          null,
        ],
      ],
    };
    // Its client asks with the id that it knows.
    this.statements.tombstone.run(client, sentAs ?? submission[1], boot, pack(rows));
  }
}
