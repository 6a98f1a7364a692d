import type { DatabaseSync } from 'node:sqlite';
import { blockOf, blockSize } from './block-index.ts';
import { StoreFailure } from './failure.ts';
import { prepareRows } from './prepare-rows.ts';

/** The word for blocks with unsettled jobs; its value is empty. */
export const openWord = 'open';

/** Condition for the jobs `j` of a block `b`. */
export const jobsOfBlock = `j.number BETWEEN b.block * ${blockSize} AND b.block * ${blockSize} + ${blockSize - 1}`;

/**
 * Marks the blocks that have unsettled jobs. An index of those jobs would cost two more writes per job. The newest
 * block stays marked until the next one begins. Used within a transaction of the caller.
 */
export class OpenBlocks {
  private readonly statements;
  /** Number of unsettled jobs in each marked block. Undefined: not counted yet. */
  private counts: Map<number, number> | undefined;
  private newest = -1;

  constructor(database: DatabaseSync) {
    this.statements = {
      mark: database.prepare(`INSERT OR IGNORE INTO blocks (word, value, block) VALUES ('${openWord}', '', ?)`),
      unmark: database.prepare(`DELETE FROM blocks WHERE word = '${openWord}' AND value = '' AND block = ?`),
      count: prepareRows(
        database,
        `SELECT b.block, (SELECT count(*) FROM jobs j WHERE ${jobsOfBlock} AND j.outcome IS NULL)
        FROM blocks b WHERE b.word = '${openWord}' AND b.value = ''`,
      ),
    };
  }

  /** Called before the first change of a transaction: counting later would count its changes twice. */
  begin(): void {
    if (this.counts) return;
    const rows = this.statements.count.all() as unknown as readonly (readonly [block: number, count: number])[];
    const counts = new Map(rows);
    this.counts = counts;
    this.newest = Math.max(-1, ...counts.keys());
    for (const [block, count] of rows) if (count === 0 && block < this.newest) this.empty(counts, block);
  }

  /** Records a new job of this submission. */
  opened(number: number): void {
    const block = blockOf(number);
    const counts = this.counted();
    const count = counts.get(block);
    if (count === undefined) this.statements.mark.run(block);
    counts.set(block, (count ?? 0) + 1);
    if (block <= this.newest) return;
    const before = this.newest;
    this.newest = block;
    if (counts.get(before) === 0) this.empty(counts, before);
  }

  /** Records that a job of this submission was settled. */
  settled(number: number): void {
    const block = blockOf(number);
    const counts = this.counted();
    const count = counts.get(block);
    if (count === undefined) return;
    if (count > 1 || block >= this.newest) counts.set(block, count - 1);
    else this.empty(counts, block);
  }

  /** Called after the transaction was rolled back. */
  undone(): void {
    this.counts = undefined;
    this.newest = -1;
  }

  private counted(): Map<number, number> {
    if (!this.counts) throw new StoreFailure('internal', 'a change precedes its transaction');
    return this.counts;
  }

  private empty(counts: Map<number, number>, block: number): void {
    counts.delete(block);
    this.statements.unmark.run(block);
  }
}
