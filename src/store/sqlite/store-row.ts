import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { StoreFailure } from './failure.ts';

/** The single row of `store`: its holder, and the last batch. */
export interface StoreRow {
  readonly next_number: number;
  readonly last_batch: number;
  readonly epoch: string | null;
  readonly endpoint: string | null;
  readonly host: string | null;
  readonly pid: number | null;
  readonly closed: string | null;
}

export const prepareStoreRow = (database: DatabaseSync): StatementSync =>
  database.prepare('SELECT next_number, last_batch, epoch, endpoint, host, pid, closed FROM store');

export const readStoreRow = (statement: StatementSync): StoreRow => statement.get() as unknown as StoreRow;

export function inUse(path: string, { epoch, endpoint, host, pid }: StoreRow): StoreFailure {
  if (epoch === null) return new StoreFailure('store_in_use', `${path} is in use by another process; wait for it`);
  const holder = `the server at ${endpoint} (process ${pid} on ${host})`;
  return new StoreFailure('store_in_use', `${path} is held by ${holder}; end that server first`);
}

/** The error for a server that is no longer the holder. */
export function lost(path: string, row: StoreRow): StoreFailure {
  const { endpoint, host, pid, closed } = row;
  if (closed !== null) return new StoreFailure('store_in_use', `${path} is closed: ${closed}`);
  const holder = `the server at ${endpoint} (process ${pid} on ${host})`;
  return new StoreFailure('store_in_use', `${path} was taken by ${holder}; this server ends`);
}
