import { sqlStateOf } from '../../../postgres/failure.ts';

/** Data exceptions, constraints, and limits of a row: the same row fails again, and others do not. */
const ofData = ['22', '23', '54'];

/** Why PostgreSQL does not take one of the rows; undefined where the failure is of no row. */
export function dataFault(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  const state = sqlStateOf(cause);
  if (state === undefined || !ofData.includes(state.slice(0, 2))) return undefined;
  return `PostgreSQL rejects it: ${cause instanceof Error ? cause.message : cause} (${state})`;
}
