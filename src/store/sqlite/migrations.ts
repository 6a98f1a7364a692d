import type { DatabaseSync } from 'node:sqlite';

/** In the header of the file: `Sgbx`. */
export const applicationId = 0x53_67_62_78;

/**
 * Step n of this list migrates version n - 1 to version n. Released steps must not be changed.
 *
 * Times are REAL, so that fractions of a millisecond are permitted. Packed values are msgpack, and in the last columns:
 * reading a column after a large value costs as much as reading the value. Indexes that end with the number or the
 * block return a list in order, without sorting. The events of a commit are one row, because a row for each would cost
 * more than their jobs.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    next_number INTEGER NOT NULL,
    next_version INTEGER NOT NULL,
    epoch TEXT,
    endpoint TEXT,
    host TEXT,
    pid INTEGER,
    last_batch INTEGER NOT NULL,
    closed TEXT
  ) STRICT;
  CREATE TABLE epochs (epoch TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE clients (
    name TEXT PRIMARY KEY,
    boot TEXT NOT NULL,
    named INTEGER NOT NULL,
    seen_at_ms REAL NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE submissions (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    command TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT,
    key TEXT,
    asked_hash TEXT,
    submitted_at_ms REAL NOT NULL,
    expires_at_ms REAL,
    timeout_ms REAL,
    traceparent TEXT,
    standing INTEGER NOT NULL DEFAULT 0,
    redacted TEXT,
    audited_args BLOB,
    args BLOB
  ) STRICT;
  CREATE INDEX submissions_by_id ON submissions (id);
  CREATE INDEX submissions_by_key ON submissions (actor, key) WHERE key IS NOT NULL;

  CREATE TABLE jobs (
    number INTEGER NOT NULL,
    client TEXT NOT NULL,
    boot TEXT,
    adopted INTEGER NOT NULL DEFAULT 0,
    taken_up INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    settled_at_ms REAL,
    outcome TEXT,
    settlement BLOB,
    late BLOB,
    PRIMARY KEY (number, client)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobs_by_outcome ON jobs (outcome, number) WHERE outcome <> 'completed';
  CREATE INDEX jobs_by_settling ON jobs (settled_at_ms) WHERE settled_at_ms IS NOT NULL;
  CREATE TABLE blocks (
    word TEXT NOT NULL,
    value TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (word, value, block)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX blocks_by_number ON blocks (block);
  CREATE TABLE block_times (block INTEGER PRIMARY KEY, newest_at_ms REAL NOT NULL) STRICT;

  CREATE TABLE outputs (
    number INTEGER NOT NULL,
    client TEXT NOT NULL,
    runs BLOB NOT NULL,
    PRIMARY KEY (number, client)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE events (
    first_seq INTEGER PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    newest_at_ms REAL NOT NULL,
    packed BLOB NOT NULL
  ) STRICT;
  CREATE TABLE tombstones (
    client TEXT NOT NULL,
    id TEXT NOT NULL,
    boot TEXT NOT NULL,
    rows BLOB NOT NULL,
    PRIMARY KEY (client, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE entries (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    due_at_ms REAL,
    PRIMARY KEY (collection, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_by_due ON entries (collection, due_at_ms) WHERE due_at_ms IS NOT NULL;
  CREATE TABLE entry_words (
    collection TEXT NOT NULL,
    word TEXT NOT NULL,
    value TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (collection, word, value, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entry_words_by_key ON entry_words (collection, key);
  `,
  // Tombstones have rows without these columns. Their clients learn that the jobs were settled long ago.
  'ALTER TABLE submissions ADD COLUMN batch TEXT; DELETE FROM tombstones;',
  `
  ALTER TABLE submissions ADD COLUMN targets TEXT;
  ALTER TABLE jobs ADD COLUMN place INTEGER;
  ALTER TABLE jobs ADD COLUMN sent_as TEXT;
  CREATE INDEX jobs_by_sent_as ON jobs (sent_as) WHERE sent_as IS NOT NULL;
  `,
  // As above.
  'ALTER TABLE clients ADD COLUMN about TEXT; DELETE FROM tombstones;',
  // As above.
  'ALTER TABLE jobs ADD COLUMN vouched TEXT; DELETE FROM tombstones;',
];

export const versionOf = (database: DatabaseSync): number => pragma(database, 'user_version');

export const pragma = (database: DatabaseSync, name: string): number =>
  Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

/** Called within a transaction, so that a migration is complete or has no effect. */
export function migrate(database: DatabaseSync, steps: readonly string[] = migrations): void {
  for (const step of steps.slice(versionOf(database))) database.exec(step);
  database.exec(`PRAGMA user_version = ${steps.length}; PRAGMA application_id = ${applicationId}`);
}
