-- Common queries on the tables of signalbox check writer:
--   psql "options=-csearch_path=signalbox_checks" -f examples/checks/questions.sql
-- Each begins with its name. client_fault results say nothing about a site, so they are excluded.

-- down: checks that are down now, and their last ok result
SELECT c.name AS "check", c.client, last.planned_at, last.error_kind, last.error, since.planned_at AS last_ok
  FROM checks c
    CROSS JOIN LATERAL (
      SELECT * FROM results r WHERE r.check_id = c.id AND r.planned_at > now() - interval '1 day'
        AND r.error_kind IS DISTINCT FROM 'client_fault' ORDER BY r.planned_at DESC LIMIT 1) last
    LEFT JOIN LATERAL (
      SELECT r.planned_at FROM results r WHERE r.check_id = c.id AND r.ok AND last.state = 'down' ORDER BY r.planned_at DESC LIMIT 1) since ON true
  WHERE last.state = 'down'
  ORDER BY last_ok, 1, 2;

-- uptime: percentage of ok results over 24 hours and over 30 days, by whole hours
SELECT c.name AS "check", c.client,
    round(100.0 * sum(h.ok) FILTER (WHERE h.hour > now() - interval '1 day')
      / nullif(sum(h.results) FILTER (WHERE h.hour > now() - interval '1 day'), 0), 3) AS percent_24h,
    round(100.0 * sum(h.ok) / sum(h.results), 3) AS percent_30d
  FROM hourly h JOIN checks c ON c.id = h.check_id
  WHERE h.hour > now() - interval '30 days'
  GROUP BY c.id
  ORDER BY percent_30d, 1, 2;

-- latency: times of ok results, for each of the last 24 hours
SELECT name AS "check", client, hour, n AS results,
    max(ms) FILTER (WHERE passed - bin_n < ceil(n * 0.5)) AS p50_ms,
    max(ms) FILTER (WHERE passed - bin_n < ceil(n * 0.95)) AS p95_ms,
    max(ms) FILTER (WHERE passed - bin_n < ceil(n * 0.99)) AS p99_ms
  FROM (
    SELECT c.name, c.client, h.hour, b.n::integer AS bin_n, round(latency(b.bin::integer)::numeric, 1) AS ms,
        sum(b.n::integer) OVER (PARTITION BY c.id, h.hour ORDER BY b.bin::integer) AS passed,
        sum(b.n::integer) OVER (PARTITION BY c.id, h.hour) AS n
      FROM hourly h JOIN checks c ON c.id = h.check_id CROSS JOIN LATERAL jsonb_each_text(h.latencies) b (bin, n)
      WHERE h.hour > now() - interval '1 day') bins
  GROUP BY name, client, hour, n
  ORDER BY 1, 2, 3;

-- incidents: begin and end of each incident of the last 7 days; adjacent ones count as one
WITH bad AS (
    SELECT r.check_id, r.planned_at, r.error_kind, before.ok IS NOT FALSE AS is_first
      FROM results r
        LEFT JOIN LATERAL (
          SELECT p.ok FROM results p WHERE p.check_id = r.check_id AND p.planned_at < r.planned_at
            AND p.planned_at > now() - interval '8 days' AND p.error_kind IS DISTINCT FROM 'client_fault'
            ORDER BY p.planned_at DESC LIMIT 1) before ON true
      WHERE NOT r.ok AND r.error_kind <> 'client_fault' AND r.planned_at > now() - interval '7 days'),
  numbered AS (SELECT *, count(*) FILTER (WHERE is_first) OVER (PARTITION BY check_id ORDER BY planned_at) AS incident FROM bad)
SELECT c.name AS "check", c.client, min(n.planned_at) AS began_at,
    (SELECT r.planned_at FROM results r WHERE r.check_id = c.id AND r.ok AND r.planned_at > max(n.planned_at)
      ORDER BY r.planned_at LIMIT 1) AS ended_at,
    count(*) AS results, mode() WITHIN GROUP (ORDER BY n.error_kind) AS error_kind
  FROM numbered n JOIN checks c ON c.id = n.check_id
  GROUP BY c.id, n.incident
  ORDER BY began_at DESC, 1, 2;

-- certificates: those that expire within 30 days or have expired, by the newest result
SELECT c.name AS "check", c.client, last.certificate_days_left, last.planned_at::date + last.certificate_days_left AS expires
  FROM checks c CROSS JOIN LATERAL (
    SELECT * FROM results r WHERE r.check_id = c.id AND r.certificate_days_left IS NOT NULL
      AND r.planned_at > now() - interval '1 day' ORDER BY r.planned_at DESC LIMIT 1) last
  WHERE last.certificate_days_left <= 30
  ORDER BY 3, 1, 2;

-- phases: average ms of each phase over the last 24 hours, the slowest checks first
SELECT "check", client, round(total_ms) AS total_ms, phase, round(ms) AS ms
  FROM (
    SELECT c.name AS "check", c.client, avg(r.total_ms) AS total_ms,
        ARRAY[avg(dns_ms), avg(connect_ms), avg(tls_ms), avg(first_byte_ms), avg(transfer_ms)] AS phases
      FROM results r JOIN checks c ON c.id = r.check_id
      WHERE r.ok AND r.planned_at > now() - interval '1 day'
      GROUP BY c.id) means
    CROSS JOIN LATERAL (
      SELECT * FROM unnest(ARRAY['dns', 'connect', 'tls', 'first byte', 'transfer'], phases) p (phase, ms)
        ORDER BY ms DESC NULLS LAST LIMIT 1) slowest
  ORDER BY means.total_ms DESC, 1, 2
  LIMIT 20;

-- flapping: checks that changed 10 times or more between ok and not ok in the last 6 hours
SELECT c.name AS "check", c.client, count(*) AS changes
  FROM (
    SELECT check_id, ok, lag(ok) OVER (PARTITION BY check_id ORDER BY planned_at) AS before
      FROM results WHERE planned_at > now() - interval '6 hours' AND error_kind IS DISTINCT FROM 'client_fault') r
    JOIN checks c ON c.id = r.check_id
  WHERE r.ok <> r.before
  GROUP BY c.id
  HAVING count(*) >= 10
  ORDER BY changes DESC, 1, 2;
