import { SignalboxError } from '../../index.ts';
import type { Address } from './address.ts';
import { sqlStateOf } from './failure.ts';
import { keepsMark } from './last-commit.ts';
import type { Session } from './session.ts';

/**
 * Step n of this list migrates version n - 1 to version n. Released steps must not be changed.
 *
 * Texts that are ordered or compared by bytes have `COLLATE "C"`. Packed values are msgpack. `prune` counts `bytes`, because
 * tables shrink only after PostgreSQL has vacuumed them. `newest_ms` is the latest time of all submissions up to this one, so
 * it increases with the number even if the clock was set back.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE store (
    one integer PRIMARY KEY CHECK (one = 1),
    id text NOT NULL,
    version integer NOT NULL,
    next_number bigint NOT NULL,
    used_bytes bigint NOT NULL,
    epoch text,
    endpoint text,
    host text,
    pid bigint,
    last_batch bigint NOT NULL,
    heartbeat_at timestamptz,
    lease_ms bigint NOT NULL,
    closed text,
    place text,
    mark text
  ) WITH (fillfactor = 50);
  CREATE SEQUENCE entry_versions;
  CREATE TABLE epochs (epoch text COLLATE "C" PRIMARY KEY);
  CREATE TABLE clients (
    name text COLLATE "C" PRIMARY KEY,
    boot text NOT NULL,
    named boolean NOT NULL,
    seen_at_ms double precision NOT NULL
  );

  CREATE TABLE submissions (
    number bigint PRIMARY KEY,
    id text NOT NULL,
    command text NOT NULL,
    kind text NOT NULL,
    actor text,
    key text,
    asked_hash text,
    submitted_at_ms double precision NOT NULL,
    expires_at_ms double precision,
    timeout_ms double precision,
    traceparent text,
    standing boolean NOT NULL,
    redacted text,
    audited_args bytea,
    args bytea,
    newest_ms double precision NOT NULL
  );
  CREATE INDEX submissions_by_command ON submissions (command, number);
  CREATE INDEX submissions_by_actor ON submissions (actor, number);
  CREATE INDEX submissions_by_newest ON submissions (newest_ms, number);
  CREATE INDEX submissions_by_key ON submissions (actor, key) WHERE key IS NOT NULL;

  CREATE TABLE jobs (
    number bigint NOT NULL,
    client text COLLATE "C" NOT NULL,
    id text NOT NULL,
    boot text,
    adopted boolean NOT NULL,
    taken_up boolean NOT NULL,
    cancel_requested boolean NOT NULL,
    settled_at_ms double precision,
    outcome text,
    settlement bytea,
    late bytea,
    output bytea,
    bytes bigint GENERATED ALWAYS AS (400 + coalesce(octet_length(settlement), 0) + coalesce(octet_length(late), 0)
      + coalesce(octet_length(output), 0)) STORED,
    PRIMARY KEY (number, client)
  );
  CREATE UNIQUE INDEX jobs_by_id ON jobs (id, client);
  CREATE INDEX jobs_by_client ON jobs (client, number);
  CREATE INDEX jobs_by_outcome ON jobs (outcome, number, client);
  CREATE INDEX jobs_unsettled ON jobs (number, client) WHERE outcome IS NULL;
  CREATE INDEX jobs_by_settling ON jobs (settled_at_ms, number, client) WHERE settled_at_ms IS NOT NULL;
  CREATE TABLE events (
    first_seq bigint PRIMARY KEY,
    last_seq bigint NOT NULL,
    newest_at_ms double precision NOT NULL,
    packed bytea NOT NULL
  );
  CREATE TABLE tombstones (
    client text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    boot text NOT NULL,
    job bytea NOT NULL,
    PRIMARY KEY (client, id)
  );

  CREATE TABLE entries (
    collection text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text NOT NULL,
    version bigint NOT NULL,
    due_at_ms double precision,
    words text[] NOT NULL,
    PRIMARY KEY (collection, key)
  );
  CREATE INDEX entries_by_due ON entries (collection, due_at_ms, key) WHERE due_at_ms IS NOT NULL;
  CREATE INDEX entries_by_word ON entries USING gin (words);
  `,
  'ALTER TABLE submissions ADD COLUMN batch text;',
  `
  ALTER TABLE submissions ADD COLUMN targets text;
  ALTER TABLE jobs ADD COLUMN place integer;
  ALTER TABLE jobs ADD COLUMN sent_as text;
  CREATE INDEX jobs_by_sent_as ON jobs (sent_as) WHERE sent_as IS NOT NULL;
  `,
  'ALTER TABLE clients ADD COLUMN about text;',
  'ALTER TABLE jobs ADD COLUMN vouched text;',
];

/**
 * Creates or migrates the schema. Call within a transaction.
 * @param newId returns the id of a new store.
 * @throws SignalboxError `bad_store`, `store_in_use`
 */
export async function migrate(session: Session, address: Address, newId: () => string): Promise<void> {
  const { schema, text } = address;
  const [encoding] = await session.query<[string]>('SHOW server_encoding');
  if (encoding?.[0] !== 'UTF8') throw bad(address, `its encoding is ${encoding?.[0]}; use a database with UTF8`);
  // Serializes servers that start at the same time.
  await session.query('SELECT pg_advisory_xact_lock(hashtext($1), 0)', [`signalbox ${schema}`]);
  const version = await versionOf(session, address);
  if (version === migrations.length) return;
  const [held] = version === 0 ? [] : await session.query<[boolean]>(heldQuery);
  if (held?.[0])
    throw new SignalboxError(
      'store_in_use',
      `${text} was written by an older signalbox and is in use; end its server first`,
    );
  if (version === 0) await session.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
  for (const step of migrations.slice(version)) await session.query(step);
  if (version === 0) {
    const insert = `INSERT INTO store (one, id, version, next_number, used_bytes, last_batch, lease_ms)
      VALUES (1, $1, $2, 1, 0, 0, 0)`;
    await session.query(insert, [newId(), migrations.length]);
  } else await session.query(`UPDATE store SET version = $1, ${keepsMark}`, [migrations.length]);
}

/** For read-only access. @throws SignalboxError `unavailable` if there is no store, `bad_store` */
export async function checkVersion(session: Session, address: Address): Promise<void> {
  const version = await versionOf(session, address);
  if (version === migrations.length) return;
  const { schema, text } = address;
  if (version === 0) throw new SignalboxError('unavailable', `${text} has no store in its schema ${schema}`);
  const versions = `its version is ${version}, this signalbox has ${migrations.length}`;
  throw bad(address, `it was written by an older signalbox: ${versions}; end its server, start a new one`);
}

const heldQuery = `SELECT heartbeat_at + lease_ms * interval '1 ms' > clock_timestamp() FROM store FOR UPDATE`;

/** @returns a version that this program supports. 0: the schema is missing or empty. */
async function versionOf(session: Session, address: Address): Promise<number> {
  const { schema, user, text } = address;
  const [found] = await session.query<[boolean]>(
    `SELECT has_schema_privilege(n.oid, 'USAGE') FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
      WHERE n.nspname = $1 LIMIT 1`,
    [schema],
  );
  if (!found) return 0;
  if (!found[0])
    throw new SignalboxError('unavailable', `${user} may not use the schema ${schema} at ${text}; grant it`);
  let version: number;
  try {
    const [row] = await session.query<[number]>('SELECT version FROM store');
    version = row?.[0] ?? 0;
  } catch (cause) {
    if (!['42P01', '42703'].includes(sqlStateOf(cause) ?? '')) throw cause;
    throw bad(address, `the schema ${schema} has tables of another program; use another schema`);
  }
  if (version <= migrations.length) return version;
  const versions = `its version is ${version}, this signalbox supports up to ${migrations.length}`;
  throw bad(address, `it was written by a newer signalbox: ${versions}; use that version`);
}

const bad = ({ text }: Address, why: string) => new SignalboxError('bad_store', `${text} cannot be used: ${why}`);
