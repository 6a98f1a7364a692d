import type { OwnTables } from '../../postgres/own-tables.ts';

export const presenceTables: OwnTables = {
  name: 'presence',
  migrations: [
    // No index on seen_at: a row is written every second, and without one PostgreSQL does that within its page. Half of each page
    // is free for it.
    `CREATE TABLE online_users (
      user_id text COLLATE "C" PRIMARY KEY,
      seen_at timestamptz NOT NULL
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)`,
    // The newest batch of each gateway that traces: who counts links to it.
    `CREATE TABLE traced_batches (
      gateway uuid PRIMARY KEY,
      traceparent text NOT NULL,
      stored_at timestamptz NOT NULL
    ) WITH (fillfactor = 50)`,
  ],
};
