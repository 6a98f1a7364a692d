import type { OwnTables } from '../../postgres/own-tables.ts';

export const presenceTables: OwnTables = {
  name: 'presence',
  migrations: [
    // No index on seen_at: each row is updated every second, and without an index PostgreSQL can use HOT updates within the
    // page. The fill factor leaves half of each page free for them.
    `CREATE TABLE online_users (
      user_id text COLLATE "C" PRIMARY KEY,
      seen_at timestamptz NOT NULL
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)`,
    // The newest batch of each gateway with tracing. Counts link to these batches.
    `CREATE TABLE traced_batches (
      gateway uuid PRIMARY KEY,
      traceparent text NOT NULL,
      stored_at timestamptz NOT NULL
    ) WITH (fillfactor = 50)`,
  ],
};
