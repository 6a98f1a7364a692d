import type { OwnTables } from '../../../postgres/own-tables.ts';

/**
 * `results` is partitioned by the UTC day of the planned time. It has no foreign key to `checks`, which would read a row of `checks` for
 * each result. `origin` is a digest of the job and of the number of the result in the job, and makes the result unique. `url` of a result
 * is null if it equals the URL of the check.
 *
 * `latencies` of an hour counts the results that are ok by bin of `totalMs`, for example `{"141": 12}`. Bin n is around 0.1 × 1.05ⁿ ms
 * (state/latencies.ts). `hourly` does not count results with the error kind `client_fault`.
 */
const first = `
  CREATE TABLE checks (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    url text NOT NULL,
    UNIQUE (name, client)
  );
  CREATE TABLE results (
    planned_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    origin bigint NOT NULL,
    check_id integer NOT NULL,
    dns_ms real,
    connect_ms real,
    tls_ms real,
    first_byte_ms real,
    transfer_ms real,
    total_ms real NOT NULL,
    bytes integer NOT NULL,
    certificate_days_left integer,
    status smallint,
    redirects smallint NOT NULL,
    ok boolean NOT NULL,
    match boolean,
    state text,
    error_kind text,
    error text,
    url text,
    address inet,
    PRIMARY KEY (check_id, planned_at, origin)
  ) PARTITION BY RANGE (planned_at);
  CREATE INDEX results_not_ok ON results (check_id, planned_at) WHERE NOT ok;
  CREATE TABLE hourly (
    check_id integer NOT NULL,
    hour timestamptz NOT NULL,
    results integer NOT NULL,
    ok integer NOT NULL,
    ok_ms double precision NOT NULL,
    latencies jsonb NOT NULL,
    PRIMARY KEY (check_id, hour)
  ) WITH (fillfactor = 70);
  CREATE TABLE poison (
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    sent_at timestamptz NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    key bytea,
    value bytea,
    value_bytes integer NOT NULL,
    PRIMARY KEY (topic, partition, "offset", sent_at)
  );
  CREATE INDEX poison_by_found_at ON poison (found_at);

  CREATE FUNCTION add_latencies(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(bin, n), '{}') FROM (
      SELECT bin, sum(n::integer) AS n
        FROM (SELECT * FROM jsonb_each_text(one) UNION ALL SELECT * FROM jsonb_each_text(other)) given (bin, n)
        GROUP BY bin) added
  $$;
  CREATE FUNCTION latency(bin integer) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 0.1 * 1.05 ^ bin
  $$;
  CREATE VIEW named_results AS
    SELECT c.name AS "check", c.client, r.planned_at, r.at, r.ok, r.error_kind, r.error, r.state, r.status, r.dns_ms, r.connect_ms,
        r.tls_ms, r.first_byte_ms, r.transfer_ms, r.total_ms, r.bytes, r.match, r.certificate_days_left,
        coalesce(r.url, c.url) AS url, r.address, r.redirects
      FROM results r JOIN checks c ON c.id = r.check_id`;

export const checkTables: OwnTables = { name: 'checks', migrations: [first] };
