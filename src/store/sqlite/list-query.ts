import type { Outcome } from '../../../schemas/index.ts';
import type { Cursor } from '../page-cursor.ts';
import type { StoredJobFilter } from '../stored-job.ts';
import { selectJobs } from './columns.ts';

type Parameter = string | number;

export interface Query {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** Conditions with their parameters, in order. */
class Conditions {
  readonly texts: string[] = [];
  readonly parameters: Parameter[] = [];

  add(text: string, ...parameters: readonly (Parameter | undefined)[]): void {
    if (parameters.includes(undefined)) return;
    this.texts.push(text);
    this.parameters.push(...(parameters as readonly Parameter[]));
  }
}

/**
 * A page of jobs, newest first. `CROSS JOIN` and `INDEXED BY` fix the plan: the table that is walked has an index of what
 * is asked for which ends with the number, so that nothing is sorted, and a page costs what it shows.
 * @param lowest of all numbers that can be in the list.
 */
export function listQuery(filter: StoredJobFilter, limit: number, from: Cursor | undefined, lowest: number): Query {
  const parts = outcomesOf(filter).map((outcome) => partOf(filter, outcome, from, lowest));
  return {
    sql: `${parts.map(({ sql }) => sql).join('\nUNION ALL ')}\nORDER BY 1 DESC, 2 DESC LIMIT ?`,
    parameters: [...parts.flatMap(({ parameters }) => parameters), limit],
  };
}

/** The first number of those that were submitted at or after a time: a clock can be set back. */
export const lowestQuery =
  'SELECT min(+number) FROM submissions INDEXED BY submissions_by_time WHERE submitted_at_ms >= ?';

/** What the jobs of each part have as their outcome: `null` means none, `undefined` any. SQLite merges the parts. */
function outcomesOf({ outcomes, unsettled }: StoredJobFilter): readonly (Outcome | null | undefined)[] {
  if (outcomes && unsettled) return [];
  if (unsettled) return [null];
  return outcomes ? [...new Set(outcomes)] : [undefined];
}

function partOf(
  filter: StoredJobFilter,
  outcome: Outcome | null | undefined,
  from: Cursor | undefined,
  lowest: number,
): Query {
  const { client, command, actor, number } = filter;
  const where = new Conditions();
  where.add('j.client = ?', client);
  if (outcome === null) where.add('j.outcome IS NULL');
  else where.add('j.outcome = ?', outcome);
  where.add('s.command = ?', command);
  where.add('s.actor = ?', actor);
  where.add('s.kind = ?', filter.kind);
  where.add('s.submitted_at_ms >= ?', filter.sinceMs);

  let walked = 'jobs j';
  if (number !== undefined) walked = 'jobs j';
  else if (client !== undefined) walked = 'jobs j INDEXED BY jobs_by_client';
  else if (outcome !== undefined) walked = 'jobs j INDEXED BY jobs_by_outcome';
  else if (actor !== undefined) walked = 'submissions s INDEXED BY submissions_by_actor';
  else if (command !== undefined) walked = 'submissions s INDEXED BY submissions_by_command';
  const walksJobs = walked.startsWith('jobs');
  const outer = walksJobs ? 'j' : 's';
  where.add(`${outer}.number = ?`, number);
  if (lowest > 0) where.add(`${outer}.number >= ?`, lowest);
  if (from && !walksJobs) where.add('s.number <= ?', from.number);
  where.add('(j.number, j.client) < (?, ?)', from?.number, from?.client);

  const joined = `${walksJobs ? 'submissions s' : 'jobs j'} ON s.number = j.number`;
  const conditions = where.texts.length === 0 ? '' : ` WHERE ${where.texts.join(' AND ')}`;
  return {
    sql: `${selectJobs(outer)} FROM ${walked} CROSS JOIN ${joined}${conditions}`,
    parameters: where.parameters,
  };
}
