import { sqlStateOf } from '../../../postgres/failure.ts';

/** SQLSTATE classes for data exceptions, constraints and limits: the row would fail again, other rows would not. */
const ofData = ['22', '23', '54'];

/** Why PostgreSQL rejects one of the rows; undefined if no row is the cause. */
export function dataFault(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  const state = sqlStateOf(cause);
  if (state === undefined || !ofData.includes(state.slice(0, 2))) return undefined;
  return `PostgreSQL rejects it: ${cause instanceof Error ? cause.message : cause} (${state})`;
}
