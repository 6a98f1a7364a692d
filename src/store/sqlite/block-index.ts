import type { DatabaseSync } from 'node:sqlite';
import type { JobRow, PlainRow, SubmissionRow } from './rows.ts';

/** Number of submissions per block, by number. */
export const blockSize = 256;

export const blockOf = (number: number): number => Math.floor(number / blockSize);

/**
 * Records which blocks of 256 submissions contain jobs of an actor, a command or a client, and the newest time of each
 * block. A list only walks the blocks that can contain matches. An index with an entry per job would double the cost of
 * a job; this one has an entry for each new value in a block. Used within a transaction of the caller.
 */
export class BlockIndex {
  private readonly statements;
  /** The entries of the newest block. */
  private readonly noted = new Set<string>();
  private block = -1;
  /** The newest time of each block since the last flush. */
  private readonly newest = new Map<number, number>();

  constructor(database: DatabaseSync) {
    this.statements = {
      note: database.prepare('INSERT OR IGNORE INTO blocks (word, value, block) VALUES (?, ?, ?)'),
      time: database.prepare(`INSERT INTO block_times (block, newest_at_ms) VALUES (?, ?)
        ON CONFLICT (block) DO UPDATE SET newest_at_ms = max(newest_at_ms, excluded.newest_at_ms)`),
    };
  }

  submission([number, , command, , actor, , , submittedAtMs]: SubmissionRow): void {
    this.submitted(blockOf(number), command, actor, submittedAtMs);
  }

  job([number, client]: JobRow): void {
    this.client(number, client);
  }

  /** Records that a job of this submission belongs to this client. */
  client(number: number, client: string): void {
    this.note('client', client, blockOf(number));
  }

  plain([number, , command, , actor, submittedAtMs, , , client]: PlainRow): void {
    const block = blockOf(number);
    this.submitted(block, command, actor, submittedAtMs);
    this.note('client', client, block);
  }

  /** Called at the end of a transaction. */
  flush(): void {
    for (const [block, atMs] of this.newest) this.statements.time.run(block, atMs);
    this.newest.clear();
  }

  /** Called after the transaction was rolled back. */
  undone(): void {
    this.newest.clear();
    this.block = -1;
  }

  private submitted(block: number, command: string, actor: string | null, atMs: number): void {
    this.note('command', command, block);
    if (actor !== null) this.note('actor', actor, block);
    const newest = this.newest.get(block);
    if (newest === undefined || newest < atMs) this.newest.set(block, atMs);
  }

  private note(word: string, value: string, block: number): void {
    if (block !== this.block) {
      this.block = block;
      this.noted.clear();
    }
    const key = `${word} ${value}`;
    if (this.noted.has(key)) return;
    this.statements.note.run(word, value, block);
    this.noted.add(key);
  }
}
