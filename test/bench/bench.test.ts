import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fullPlan, type Plan, quickPlan } from './plan.ts';
import { chart } from './report/chart.ts';
import { readResult, resultSchema } from './report/result.ts';
import { type Row, Samples } from './report/rows.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

function planned(plan: Plan): string[] {
  const contenders = ['raw', 'batched', 'signalbox', 'keyless', 'grpc'];
  const fleets = ['raw', 'signalbox', 'keyless'];
  const programs = ['node', 'source', 'dist'];
  const of = (measure: string, ats: readonly number[], whos: readonly string[]) =>
    ats.flatMap((at) => whos.map((who) => `${measure} ${at} ${who}`));
  return [
    ...of('p50', [1], contenders),
    ...of('p99', [1], contenders),
    ...of('rate', plan.outstanding, contenders),
    ...of('cpu', plan.outstanding, contenders),
    ...of('gather', plan.clients, fleets),
    ...of('idle', plan.clients, fleets),
    ...of('memory', plan.clients.slice(-1), fleets),
    ...of('start', [1], programs),
    ...of('help', [1], programs),
    ...of('codec', plan.frames, ['json', 'signalbox']),
  ].toSorted();
}

const measured = (rows: readonly Row[]) => rows.map(({ measure, at, who }) => `${measure} ${at} ${who}`).toSorted();

test('npm run bench -- --quick measures every contender in every way', { timeout: 180_000 }, async () => {
  const args = ['run', '--silent', 'bench', '--', '--quick', '--json'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root });
  const { rows } = resultSchema.parse(JSON.parse(stdout));
  expect(measured(rows)).toEqual(planned(quickPlan));
  expect(rows.filter(({ value, ratio }) => value <= 0 || ratio <= 0)).toEqual([]);
});

test('docs/bench.json is of a whole run, and docs/bench.svg is its chart', () => {
  const result = readResult();
  expect(measured(result.rows)).toEqual(planned(fullPlan));
  expect(readFileSync(new URL('../../docs/bench.svg', import.meta.url), 'utf8')).toBe(chart(result));
});

test('a ratio is the median of the ratios of its rounds, not that of two medians', () => {
  const samples = new Samples();
  for (const [raw, signalbox] of [
    [100, 50],
    [10, 20],
    [1, 3],
  ] as const) {
    samples.add('rate', 1, 'raw', raw);
    samples.add('rate', 1, 'signalbox', signalbox);
  }
  expect(samples.rows()).toEqual([
    { measure: 'rate', at: 1, who: 'raw', value: 10, ratio: 1, rounds: 3 },
    { measure: 'rate', at: 1, who: 'signalbox', value: 20, ratio: 2, rounds: 3 },
  ]);
});
