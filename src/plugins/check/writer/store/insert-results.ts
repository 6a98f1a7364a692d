import { hash } from 'node:crypto';
import type { Session } from '../../../postgres/session.ts';
import type { ResultMessage } from '../../kafka/result-message.ts';
import { keepChecks } from './prune-checks.ts';

/** A result with the number of its check. */
export interface Row {
  readonly checkId: number;
  /** The URL of the check. */
  readonly url: string;
  readonly result: ResultMessage;
}

type Value = string | number | boolean | null;

/** Columns with their SQL types and values. */
const columns: readonly (readonly [name: string, type: string, value: (row: Row) => Value])[] = [
  ['check_id', 'integer', ({ checkId }) => checkId],
  ['planned_at', 'float8', ({ result }) => result.plannedAtMs],
  ['at', 'float8', ({ result }) => result.atMs],
  ['origin', 'bigint', ({ result }) => originOf(result)],
  ['dns_ms', 'real', ({ result }) => result.dnsMs],
  ['connect_ms', 'real', ({ result }) => result.connectMs],
  ['tls_ms', 'real', ({ result }) => result.tlsMs],
  ['first_byte_ms', 'real', ({ result }) => result.firstByteMs],
  ['transfer_ms', 'real', ({ result }) => result.transferMs],
  ['total_ms', 'real', ({ result }) => result.totalMs],
  ['bytes', 'integer', ({ result }) => result.bytes],
  ['certificate_days_left', 'integer', ({ result }) => result.certificateDaysLeft],
  ['status', 'smallint', ({ result }) => result.status],
  ['redirects', 'smallint', ({ result }) => result.redirects],
  ['ok', 'boolean', ({ result }) => result.ok],
  ['match', 'boolean', ({ result }) => result.match],
  ['state', 'text', ({ result }) => result.state],
  ['error_kind', 'text', ({ result }) => result.errorKind],
  ['error', 'text', ({ result }) => result.error],
  ['url', 'text', ({ result, url }) => (result.url === url ? null : result.url)],
  ['address', 'inet', ({ result }) => result.address],
];
const names = columns.map(([name]) => name);
const times = ['planned_at', 'at'];

/**
 * The roll-up counts only rows that this statement inserts, so it counts each result once, however late it arrives. All writers lock rows
 * in the same order.
 */
const insert = `WITH given AS (
    SELECT * FROM unnest(${columns.map(([, type], at) => `$${at + 1}::${type}[]`).join(', ')}) AS given (${names.join(', ')})),
  stored AS (
    INSERT INTO results (${names.join(', ')})
      SELECT ${names.map((name) => (times.includes(name) ? `to_timestamp(${name} / 1000)` : name)).join(', ')}
        FROM given WHERE check_id IN (SELECT id FROM checks) ORDER BY check_id, planned_at, origin
      ON CONFLICT (check_id, planned_at, origin) DO NOTHING
      RETURNING check_id, date_trunc('hour', planned_at, 'UTC') AS hour, ok, total_ms, error_kind),
  binned AS (
    SELECT check_id, hour, CASE WHEN ok THEN round(ln(greatest(total_ms, 0.1) / 0.1) / ln(1.05))::integer END AS bin,
        count(*)::integer AS n, sum(total_ms)::float8 AS ms
      FROM stored WHERE error_kind IS DISTINCT FROM 'client_fault' GROUP BY 1, 2, 3),
  rolled_up AS (
    INSERT INTO hourly AS known (check_id, hour, results, ok, ok_ms, latencies)
      SELECT check_id, hour, sum(n), coalesce(sum(n) FILTER (WHERE bin IS NOT NULL), 0),
          coalesce(sum(ms) FILTER (WHERE bin IS NOT NULL), 0), coalesce(jsonb_object_agg(bin, n) FILTER (WHERE bin IS NOT NULL), '{}')
        FROM binned GROUP BY 1, 2 ORDER BY 1, 2
      ON CONFLICT (check_id, hour) DO UPDATE SET results = known.results + excluded.results, ok = known.ok + excluded.ok,
        ok_ms = known.ok_ms + excluded.ok_ms, latencies = add_latencies(known.latencies, excluded.latencies))
  SELECT (SELECT count(*) FROM stored), (SELECT count(*) FROM given WHERE check_id NOT IN (SELECT id FROM checks))`;

/**
 * Inserts new results and adds them to the hourly counts. Call within a transaction.
 * @returns how many results were new, and how many were skipped because their check has been removed
 */
export async function insertResults(
  session: Session,
  rows: readonly Row[],
): Promise<{ readonly stored: number; readonly unnamed: number }> {
  await session.query(keepChecks);
  const [counted] = await session.query<[number, number]>(
    insert,
    columns.map(([, , value]) => rows.map(value)),
  );
  const [stored, unnamed] = counted ?? [0, 0];
  return { stored, unnamed };
}

const originOf = ({ job, seq }: ResultMessage): string =>
  hash('sha256', `${job} ${seq}`, 'buffer').readBigInt64BE().toString();
