/** The columns of each row that crosses between threads, in order. */
export const columns = {
  submissions: [
    'number',
    'id',
    'command',
    'kind',
    'actor',
    'key',
    'asked_hash',
    'submitted_at_ms',
    'expires_at_ms',
    'timeout_ms',
    'traceparent',
    'standing',
    'redacted',
    'batch',
    'targets',
    'audited_args',
    'args',
  ],
  jobs: [
    'number',
    'client',
    'boot',
    'adopted',
    'taken_up',
    'cancel_requested',
    'place',
    'sent_as',
    'vouched',
    'settled_at_ms',
    'outcome',
    'settlement',
    'late',
  ],
  clients: ['name', 'boot', 'named', 'seen_at_ms', 'about'],
} as const;

export type Table = keyof typeof columns;

export const insertInto = (table: Table): string =>
  `INSERT INTO ${table} (${columns[table].join(', ')}) VALUES (${columns[table].map(() => '?').join(', ')})`;

/** @param alias of the table in the query. */
export const select = (table: Table, alias: string): string =>
  `SELECT ${columns[table].map((column) => `${alias}.${column}`).join(', ')}`;

/**
 * The columns of jobs. @param numbered the alias of the table that is walked: SQLite sorts unless the number comes from
 * it.
 */
export const selectJobs = (numbered: 'j' | 's'): string =>
  `SELECT ${columns.jobs.map((column) => `${column === 'number' ? numbered : 'j'}.${column}`).join(', ')}`;
