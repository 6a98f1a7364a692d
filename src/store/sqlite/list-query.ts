import type { Outcome } from '../../../schemas/index.ts';
import type { Cursor } from '../page-cursor.ts';
import type { StoredJobFilter } from '../stored-job.ts';
import { blockOf, blockSize } from './block-index.ts';
import { selectJobs } from './columns.ts';
import { openWord } from './open-blocks.ts';

type Parameter = string | number;

export interface Query {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** Conditions and their parameters, in order. */
class Conditions {
  readonly texts: string[] = [];
  readonly parameters: Parameter[] = [];

  add(text: string, ...parameters: readonly (Parameter | undefined)[]): void {
    if (parameters.includes(undefined)) return;
    this.texts.push(text);
    this.parameters.push(...(parameters as readonly Parameter[]));
  }

  get sql(): string {
    return this.texts.length === 0 ? '' : ` WHERE ${this.texts.join(' AND ')}`;
  }
}

/** The condition of the index `jobs_by_outcome`. */
const indexedOutcomes = "j.outcome <> 'completed'";

/** The lowest number submitted at or after a time, or slightly lower: a clock can be set back. */
export const lowestQuery = `SELECT min(block) * ${blockSize} FROM block_times WHERE newest_at_ms >= ?`;

/**
 * A page of jobs, newest first. `CROSS JOIN` and `INDEXED BY` fix the query plan: the table that is walked has the
 * order of the list, so nothing is sorted, and the cost of a page depends only on its size.
 * @param lowest number that can be in the list.
 */
export function listQuery(filter: StoredJobFilter, limit: number, from: Cursor | undefined, lowest: number): Query {
  const block = blockOfInterest(filter);
  if (block) return byBlock(filter, block, limit, from, lowest);
  const parts = outcomesOf(filter).map((outcome) => byNumber(filter, outcome, from, lowest));
  return {
    sql: `${parts.map(({ sql }) => sql).join('\nUNION ALL ')}\nORDER BY 1 DESC, 2 DESC LIMIT ?`,
    parameters: [...parts.flatMap(({ parameters }) => parameters), limit],
  };
}

/** Chooses the blocks; undefined if a number or an outcome is more selective. */
function blockOfInterest(filter: StoredJobFilter): readonly [word: string, value: string] | undefined {
  const { client, actor, command, outcomes, unsettled, number, id } = filter;
  if (number !== undefined || id !== undefined) return undefined;
  if (unsettled) return [openWord, ''];
  if (outcomes && !outcomes.includes('completed')) return undefined;
  if (client !== undefined) return ['client', client];
  if (outcomes) return undefined;
  if (actor !== undefined) return ['actor', actor];
  return command === undefined ? undefined : ['command', command];
}

function byBlock(
  filter: StoredJobFilter,
  [word, value]: readonly [string, string],
  limit: number,
  from: Cursor | undefined,
  lowest: number,
): Query {
  const where = new Conditions();
  where.add('b.word = ? AND b.value = ?', word, value);
  if (lowest > 0) where.add('b.block >= ?', blockOf(lowest));
  if (from) where.add('b.block <= ? AND s.number <= ?', blockOf(from.number), from.number);
  const { outcomes, unsettled } = filter;
  if (unsettled) where.add('j.outcome IS NULL');
  if (outcomes) where.add(`j.outcome IN (${outcomes.map(() => '?').join(', ')})`, ...outcomes);
  addConditions(where, filter, 's', from);
  const range = `s.number BETWEEN b.block * ${blockSize} AND b.block * ${blockSize} + ${blockSize - 1}`;
  const joins = `blocks b CROSS JOIN submissions s ON ${range} CROSS JOIN jobs j ON j.number = s.number`;
  return {
    sql: `${selectJobs('s')} FROM ${joins}${where.sql}\nORDER BY b.block DESC, s.number DESC, j.client DESC LIMIT ?`,
    parameters: [...where.parameters, limit],
  };
}

/** The outcome of each part of a query: `null` means none, `undefined` any. SQLite merges the parts. */
function outcomesOf({ outcomes, unsettled }: StoredJobFilter): readonly (Outcome | null | undefined)[] {
  if (outcomes && unsettled) return [];
  if (unsettled) return [null];
  return outcomes ? [...new Set(outcomes)] : [undefined];
}

function byNumber(
  filter: StoredJobFilter,
  outcome: Outcome | null | undefined,
  from: Cursor | undefined,
  lowest: number,
): Query {
  const where = new Conditions();
  // Most jobs are completed and are not in the index. SQLite uses it only if its condition is repeated.
  const isByOutcome = filter.number === undefined && filter.id === undefined && outcome && outcome !== 'completed';
  if (isByOutcome) where.add(indexedOutcomes);
  if (outcome === null) where.add('j.outcome IS NULL');
  else where.add('j.outcome = ?', outcome);
  where.add('j.number = ?', filter.number);
  where.add('j.number = (SELECT number FROM submissions WHERE id = ?)', filter.id);
  if (lowest > 0) where.add('j.number >= ?', lowest);
  addConditions(where, filter, 'j', from);
  const walked = `jobs j${isByOutcome ? ' INDEXED BY jobs_by_outcome' : ''}`;
  const sql = `${selectJobs('j')} FROM ${walked} CROSS JOIN submissions s ON s.number = j.number${where.sql}`;
  return { sql, parameters: where.parameters };
}

function addConditions(
  where: Conditions,
  filter: StoredJobFilter,
  numbered: 'j' | 's',
  from: Cursor | undefined,
): void {
  where.add('j.client = ?', filter.client);
  where.add('s.command = ?', filter.command);
  where.add('s.actor = ?', filter.actor);
  where.add('s.kind = ?', filter.kind);
  where.add('s.submitted_at_ms >= ?', filter.sinceMs);
  where.add(`(${numbered}.number, j.client) < (?, ?)`, from?.number, from?.client);
}
