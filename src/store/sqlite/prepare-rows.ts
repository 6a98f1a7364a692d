import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** A statement whose rows are arrays, in the order of the columns. */
export function prepareRows(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}
