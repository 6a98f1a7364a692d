import { readFileSync } from 'node:fs';
import { ResultStore } from '../../../src/plugins/check/writer/store/result-store.ts';
import { Session } from '../../../src/plugins/postgres/session.ts';
import { PostgresCluster } from '../../support/postgres-cluster.ts';
import { fill } from './fill.ts';

// How fast the questions are answered, and how large results are: ROWS=43200000 node test/bench/checks/main.ts
// (8 GB of results, and as much again of the log of PostgreSQL; an hour on two busy cores).

const rows = Number(process.env.ROWS ?? 43_200_000);
const dayMs = 86_400_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

await using cluster = await PostgresCluster.start(['shared_buffers = 1GB', 'work_mem = 64MB', 'max_wal_size = 8GB']);
await using store = new ResultStore(cluster.place(), { keepMs: 40 * dayMs, keepHourlyMs: 400 * dayMs });
await store.open();
await using session = await Session.open(store.address, { statementMs: 3_600_000, lockMs: 10_000, idleMs: 0 });
await fill(session, rows, say);
await session.query('VACUUM (ANALYZE)');
const sizes = `SELECT count(*), sum(pg_relation_size(oid)), sum(pg_indexes_size(oid)) FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname ~ '^results_'`;
const [size] = await session.query<[number, string, string]>(sizes);
say(
  `${rows} results in ${size?.[0]} days: ${Number(size?.[1]) / rows} bytes a row, ${Number(size?.[2]) / rows} of indexes`,
);
const file = readFileSync(new URL('../../../examples/checks/questions.sql', import.meta.url), 'utf8');
for (const [, name, query = ''] of file.matchAll(/^-- (\w+): .*\n((?:(?!-- \w+: ).*\n)+)/gm)) {
  const beganAt = performance.now();
  const answers = await session.query(query.trim().replace(/;$/, ''));
  say(`\n${name}: ${answers.length} rows in ${Math.round(performance.now() - beganAt)} ms`);
  for (const [line] of await session.query<[string]>(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${query}`))
    say(`  ${line}`);
}
