import { dayOf } from '../../../src/plugins/check/writer/store/days.ts';
import { makeDay } from '../../../src/plugins/check/writer/store/partitions.ts';
import type { Session } from '../../../src/plugins/postgres/session.ts';

const everyMs = 30_000;
export const checks = 500;

/** Pseudo-random, from 0 to 1. */
const random = (salt: number, ...of: string[]): string =>
  `(hashint8((${of.join(' * 1000003 + ')}) * 31 + ${salt})::bigint + 2147483648) / 4294967296.0`;

const insertChecks = `INSERT INTO checks (name, client, url)
  SELECT 'https://site-' || i / 2 || '.example.org/', 'edge-' || i % 2, 'https://site-' || i / 2 || '.example.org/'
    FROM generate_series(2, ${checks + 1}) i ON CONFLICT DO NOTHING`;

// Outages of 10 minutes, single failures, and some checks that occasionally fail every other time.
const insertDay = `WITH given AS (
    SELECT c.id, c.id % 7 AS kind, s AS slot, to_timestamp($1::float8 / 1000 + s * ${everyMs / 1_000} + c.id % 30) AS planned_at,
        ${random(1, 'c.id', '($2::bigint + s) / 20')} < 0.002 OR ${random(2, 'c.id', '($2::bigint + s)')} < 0.0002
          OR (c.id % 100 = 0 AND s % 2 = 0 AND ${random(3, 'c.id', '($2::bigint + s) / 60')} < 0.05) AS is_bad,
        (20 + c.id % 150) * exp(0.6 * (${random(4, 'c.id', '($2::bigint + s)')} + ${random(5, 'c.id', '($2::bigint + s)')}
          + ${random(6, 'c.id', '($2::bigint + s)')} - 1.5)) * (1 + 0.3 * sin(s * pi() / 1440)) AS ms
      FROM generate_series($3::integer, $4::integer) s, checks c),
  stored AS (
    INSERT INTO results (planned_at, at, origin, check_id, dns_ms, connect_ms, tls_ms, first_byte_ms, transfer_ms, total_ms, bytes,
        certificate_days_left, status, redirects, ok, match, state, error_kind, error, url, address)
      SELECT planned_at, planned_at + interval '1.3 ms', hashint8extended(id::bigint * 1000000000 + $2::bigint + slot, 0), id,
          ms * 0.05, ms * 0.15, CASE WHEN kind > 0 THEN ms * 0.25 END, ms * 0.45, ms * 0.1,
          CASE WHEN is_bad THEN 10000 WHEN kind > 0 THEN ms ELSE ms * 0.75 END, 14000 + (ms * 10)::integer % 500,
          CASE WHEN kind > 0 THEN (id * 7) % 90 END, CASE WHEN is_bad THEN NULL ELSE 200 END, 0, NOT is_bad,
          CASE WHEN kind = 3 AND NOT is_bad THEN true END, CASE WHEN is_bad THEN 'down' ELSE 'up' END,
          CASE WHEN is_bad THEN 'response_timeout' END,
          CASE WHEN is_bad THEN 'the timeout expired before the header was complete' END, NULL,
          ('93.184.' || id / 250 || '.' || id % 250)::inet
        FROM given
      RETURNING check_id, date_trunc('hour', planned_at, 'UTC') AS hour, ok, total_ms),
  binned AS (
    SELECT check_id, hour, CASE WHEN ok THEN round(ln(greatest(total_ms, 0.1) / 0.1) / ln(1.05))::integer END AS bin,
        count(*)::integer AS n, sum(total_ms)::float8 AS ms FROM stored GROUP BY 1, 2, 3)
  INSERT INTO hourly AS known (check_id, hour, results, ok, ok_ms, latencies)
    SELECT check_id, hour, sum(n), coalesce(sum(n) FILTER (WHERE bin IS NOT NULL), 0),
        coalesce(sum(ms) FILTER (WHERE bin IS NOT NULL), 0), coalesce(jsonb_object_agg(bin, n) FILTER (WHERE bin IS NOT NULL), '{}')
      FROM binned GROUP BY 1, 2
    ON CONFLICT (check_id, hour) DO UPDATE SET results = known.results + excluded.results, ok = known.ok + excluded.ok,
      ok_ms = known.ok_ms + excluded.ok_ms, latencies = add_latencies(known.latencies, excluded.latencies)`;

const copyDay = `INSERT INTO results (planned_at, at, origin, check_id, dns_ms, connect_ms, tls_ms, first_byte_ms, transfer_ms, total_ms,
      bytes, certificate_days_left, status, redirects, ok, match, state, error_kind, error, url, address)
    SELECT planned_at + $3, at + $3, hashint8(origin), check_id, dns_ms, connect_ms, tls_ms, first_byte_ms, transfer_ms, total_ms,
        bytes, certificate_days_left, status, redirects, ok, match, state, error_kind, error, url, address
      FROM results WHERE planned_at >= to_timestamp($1::float8 / 1000) - $3::interval
        AND planned_at < to_timestamp($2::float8 / 1000) - $3::interval`;
// Two days share their edge.
const copyHours = `INSERT INTO hourly AS known (check_id, hour, results, ok, ok_ms, latencies)
    SELECT check_id, hour + $3, results, ok, ok_ms, latencies FROM hourly
      WHERE hour >= to_timestamp($1::float8 / 1000) - $3::interval AND hour < to_timestamp($2::float8 / 1000) - $3::interval
    ON CONFLICT DO NOTHING`;

/** Generated days; later days are copies, which is faster. */
const days = 2;

/**
 * Fills the tables with results of 500 checks every 30 s, until now, in their order of arrival.
 * @param say reports progress.
 */
export async function fill(session: Session, rows: number, say: (line: string) => void): Promise<void> {
  const endMs = Math.floor(Date.now() / everyMs) * everyMs;
  const beginMs = endMs - Math.ceil(rows / checks) * everyMs;
  const firstFull = dayOf(beginMs) + 1;
  await session.query(insertChecks);
  for (let from = beginMs; from < endMs; ) {
    const day = dayOf(from);
    const until = Math.min(endMs, (day + 1) * 86_400_000);
    await fillDay(session, { from, until, isCopy: day - days >= firstFull });
    say(`${new Date(from).toISOString()}: ${((until - from) / everyMs) * checks} rows`);
    from = until;
  }
}

async function fillDay(
  session: Session,
  { from, until, isCopy }: { from: number; until: number; isCopy: boolean },
): Promise<void> {
  await session.query('BEGIN');
  // The planned times of a check are up to 30 s behind its slot.
  for (const ahead of [0, 1]) await makeDay(session, dayOf(from) + ahead);
  if (isCopy) {
    for (const copy of [copyDay, copyHours]) await session.query(copy, [from, until, `${days} days`]);
  } else {
    await session.query('SET LOCAL work_mem = "256MB"');
    await session.query(insertDay, [from, from / everyMs, 0, (until - from) / everyMs - 1]);
  }
  await session.query('COMMIT');
}
