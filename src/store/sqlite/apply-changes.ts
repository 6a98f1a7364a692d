import type { DatabaseSync } from 'node:sqlite';
import { BlockIndex } from './block-index.ts';
import { insertInto } from './columns.ts';
import { OpenBlocks } from './open-blocks.ts';
import { PlainInserts } from './plain-inserts.ts';
import { prepareRows } from './prepare-rows.ts';
import type { Blob, ChangeRow, JobRow, PlainRow, SubmissionRow } from './rows.ts';

const ofOpenJob = 'WHERE number = ?1 AND client = ?2 AND outcome IS NULL';

/** Maximum number of cached submissions. */
const maxRecent = 16_384;

interface RecentSubmission {
  readonly number: number;
  readonly hasArgs: boolean;
}

/** Applies the changes of batches, within a transaction of the caller. */
export class ChangeWriter {
  private readonly statements;
  private readonly index: BlockIndex;
  private readonly open: OpenBlocks;
  private readonly plain: PlainInserts;
  /** The newest open submissions of the holder, by id: a lookup takes as long as settling the job. */
  private readonly recent = new Map<string, RecentSubmission>();

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql);
    this.index = new BlockIndex(database);
    this.open = new OpenBlocks(database);
    this.plain = new PlainInserts(database);
    this.statements = {
      // Two submissions have the same id if two clients have listed the same job.
      find: prepareRows(
        database,
        `SELECT s.number FROM submissions s CROSS JOIN jobs j ON j.number = s.number AND j.client = ?2 WHERE s.id = ?1`,
      ),
      submission: prepare(insertInto('submissions')),
      job: prepare(insertInto('jobs')),
      place: prepare(`UPDATE jobs SET client = ?3, boot = ?4, sent_as = ?5, vouched = ?6 ${ofOpenJob}
        AND NOT EXISTS (SELECT 1 FROM jobs WHERE number = ?1 AND client = ?3)`),
      bind: prepare(`UPDATE jobs SET boot = ?3, sent_as = coalesce(?4, sent_as) ${ofOpenJob}`),
      cancel: prepare(`UPDATE jobs SET cancel_requested = 1 ${ofOpenJob}`),
      settle: prepare(`UPDATE jobs SET outcome = ?3, settlement = ?4, settled_at_ms = ?5 ${ofOpenJob}`),
      late: prepare(
        `UPDATE jobs SET late = ?3 WHERE number = ?1 AND client = ?2 AND outcome = 'lost' AND late IS NULL`,
      ),
      batch: prepare('UPDATE submissions SET batch = ?2 WHERE number = ?1'),
      dropArgs: prepare('UPDATE submissions SET args = NULL WHERE number = ? AND args IS NOT NULL'),
      output: prepare('INSERT OR REPLACE INTO outputs (number, client, runs) VALUES (?, ?, ?)'),
      dropOutput: prepare('DELETE FROM outputs WHERE number = ? AND client = ?'),
      client: prepare(insertInto('clients').replace('INSERT', 'INSERT OR REPLACE')),
      forget: prepare('DELETE FROM clients WHERE name = ?'),
      // A process that is not the newest of its client can no longer report its jobs.
      events: prepare('INSERT INTO events (first_seq, last_seq, newest_at_ms, packed) VALUES (?, ?, ?, ?)'),
      dropTombstones: prepare('DELETE FROM tombstones WHERE client = ? AND boot <> ?'),
    };
  }

  /**
   * @param epoch of the holder.
   * @returns the highest number assigned to a submission; 0 if there was none.
   */
  apply(changes: readonly ChangeRow[], epoch: string): number {
    let highest = 0;
    this.open.begin();
    const prefix = `${epoch}.`;
    for (const change of changes) {
      if (change[0] === 'plain') {
        this.submitPlain(change[1]);
        highest = Math.max(highest, change[1][0]);
        continue;
      }
      this.plain.flush();
      if (change[0] === 'submitted') {
        this.submit(change[1], change[2], change[1][1].startsWith(prefix));
        highest = Math.max(highest, change[1][0]);
      } else this.change(change);
    }
    this.plain.flush();
    this.index.flush();
    return highest;
  }

  private submitPlain(row: PlainRow): void {
    const [number, id, , , , , , args] = row;
    this.plain.add(row);
    this.index.plain(row);
    this.open.opened(number);
    this.remember(id, { number, hasArgs: args !== null });
  }

  /**
   * @param isOfHolder whether the holder created the id, so that it is new. Jobs listed by clients can already be in
   * the store.
   */
  private submit(submission: SubmissionRow, jobs: readonly JobRow[], isOfHolder: boolean): void {
    const [number, id] = submission;
    const isOwn = isOfHolder && jobs.every(([, , , adopted]) => adopted === 0);
    const fresh = isOwn ? jobs : jobs.filter(([, client]) => this.find(id, client) === undefined);
    if (fresh.length === 0) return;
    this.statements.submission.run(...submission);
    this.index.submission(submission);
    for (const job of fresh) {
      this.statements.job.run(...job);
      this.index.job(job);
      const [, , , , , , , , , , outcome] = job;
      if (outcome === null) this.open.opened(number);
    }
    if (isOwn) this.remember(id, { number, hasArgs: submission.at(-1) !== null });
  }

  /** Called after the transaction was rolled back. */
  undone(): void {
    this.recent.clear();
    this.plain.undone();
    this.index.undone();
    this.open.undone();
  }

  private remember(id: string, submission: RecentSubmission): void {
    this.recent.set(id, submission);
    if (this.recent.size <= maxRecent) return;
    for (const oldest of this.recent.keys()) {
      this.recent.delete(oldest);
      return;
    }
  }

  private change(change: Exclude<ChangeRow, readonly ['plain' | 'submitted', ...unknown[]]>): void {
    const { statements } = this;
    if (change[0] === 'client') {
      const [, row] = change;
      const [name, boot] = row;
      statements.client.run(...row);
      statements.dropTombstones.run(name, boot);
    } else if (change[0] === 'client-forgotten') {
      statements.forget.run(change[1]);
      statements.dropTombstones.run(change[1], '');
    } else if (change[0] === 'events') {
      const [, ...row] = change;
      statements.events.run(...row);
    } else {
      const [, id, client] = change;
      const submission = this.recent.get(id) ?? this.find(id, client);
      if (submission) this.changeJob(submission, client, change);
    }
  }

  private changeJob(
    { number, hasArgs }: RecentSubmission,
    client: string,
    change: Exclude<
      ChangeRow,
      readonly ['plain' | 'submitted' | 'client' | 'client-forgotten' | 'events', ...unknown[]]
    >,
  ): void {
    const { statements } = this;
    if (change[0] === 'placed') {
      const [, , , name, boot, sentAs, vouched] = change;
      if (statements.place.run(number, client, name, boot, sentAs, vouched).changes === 1)
        this.index.client(number, name);
    } else if (change[0] === 'bound') statements.bind.run(number, client, change[3], change[4]);
    else if (change[0] === 'cancel-requested') statements.cancel.run(number, client);
    else if (change[0] === 'batch') statements.batch.run(number, change[3]);
    else if (change[0] === 'late') {
      if (statements.late.run(number, client, change[3]).changes === 1) this.setOutput(number, client, change[4], true);
    } else {
      const [, , , outcome, settlement, atMs, output, isLast] = change;
      if (statements.settle.run(number, client, outcome, settlement, atMs).changes === 0) return;
      this.open.settled(number);
      this.setOutput(number, client, output, false);
      if (!isLast) return;
      if (hasArgs) statements.dropArgs.run(number);
      this.recent.delete(change[1]);
    }
  }

  private setOutput(number: number, client: string, output: Blob, isThere: boolean): void {
    if (output) this.statements.output.run(number, client, output);
    else if (isThere) this.statements.dropOutput.run(number, client);
  }

  private find(id: string, client: string): RecentSubmission | undefined {
    const row = this.statements.find.get(id, client) as [number] | undefined;
    return row && { number: row[0], hasArgs: true };
  }
}
