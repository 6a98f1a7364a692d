import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fullPlan, type Plan, quickPlan } from './plan.ts';
import { chart } from './report/chart.ts';
import { type Result, readResult, resultSchema } from './report/result.ts';
import { type Row, Samples } from './report/rows.ts';
import { render } from './report/table.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

function planned(plan: Plan, { nats, postgres, clush, docker }: Result['run']): string[] {
  const peers = nats === undefined ? [] : ['nats'];
  const contenders = ['raw', 'batched', 'signalbox', 'keyless', 'grpc', ...peers];
  const fleets = ['raw', 'signalbox', 'keyless'];
  const apart = ['raw', 'signalbox', ...peers];
  const programs = ['node', 'source', 'dist'];
  const clients = ['bare', 'signalbox'];
  const stores = ['memory', 'sqlite', 'sqliteFull', ...(postgres === undefined ? [] : ['postgres'])];
  const of = (measure: string, ats: readonly number[], whos: readonly string[]) =>
    ats.flatMap((at) => whos.map((who) => `${measure} ${at} ${who}`));
  return [
    ...of('p50', [1], contenders),
    ...of('p99', [1], contenders),
    ...of('rate', plan.outstanding, contenders),
    ...of('cpu', plan.outstanding, contenders),
    ...of('broadcast', plan.clients, fleets),
    ...of('heartbeats', plan.clients, fleets),
    ...of('memory', plan.clients.slice(-1), fleets),
    ...of('gather', [plan.processes], apart),
    ...['client', 'server'].flatMap((side) => [
      ...of(`${side}Idle`, [plan.commands], apart),
      ...of(`${side}Used`, [plan.commands], apart),
      ...of(`${side}Growth`, [plan.commands], apart),
    ]),
    ...of('serverHistory', [plan.commands], ['signalbox']),
    ...of('processes', [plan.processes], clients),
    ...of('pss', [plan.processes], clients),
    ...of('run', [1], clients),
    ...of('start', [1], programs),
    ...of('help', [1], programs),
    ...of('script', [1], ['pipe', 'attach', 'attached']),
    ...['attach', 'attachCpu'].flatMap((measure) => of(measure, [plan.processes], clush ? ['clush', 'dist'] : [])),
    ...['container', 'containerCpu'].flatMap((measure) => of(measure, [8], docker ? ['docker', 'signalbox'] : [])),
    ...['containerLag', 'containerLagMax'].flatMap((measure) =>
      of(measure, [plan.runningContainers], docker ? ['empty', 'signalbox'] : []),
    ),
    ...of('codec', plan.frames, ['json', 'signalbox']),
    ...of('storeP50', [1, 64], stores),
    ...of('storeP99', [1, 64], stores),
    ...['storeRate', 'storeCpu', 'storeMain'].flatMap((measure) => of(measure, [64, 4_096], stores)),
    ...of('storeThread', [64, 4_096], ['sqlite', 'sqliteFull']),
    ...['lagP99', 'lagMax', 'prunedP50', 'prunedP99'].flatMap((measure) =>
      of(measure, [plan.storedJobs], ['sqlite', 'pruning']),
    ),
    ...of('prune', [plan.storedJobs], ['pruning']),
  ].toSorted();
}

const run: Result['run'] = {
  ...{ date: '2026-11-27', commit: 'abc', node: 'v24', machine: '2 × x', loadAverage: 0, seconds: 300 },
  ...{ nats: 'nats-server 2', postgres: 'PostgreSQL 15' },
};

const measured = (rows: readonly Row[]) => rows.map(({ measure, at, who }) => `${measure} ${at} ${who}`).toSorted();

test('npm run bench -- --quick measures every contender in every way', { timeout: 180_000 }, async () => {
  // Not `bench`: while it builds, programs of other tests would find half of dist.
  const args = ['run', '--silent', 'bench:built', '--', '--quick', '--json'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root });
  const { rows, run } = resultSchema.parse(JSON.parse(stdout));
  expect(measured(rows)).toEqual(planned(quickPlan, run));
  expect(rows.filter(({ value, ratio }) => value <= 0 || ratio <= 0)).toEqual([]);
});

test('what notifications cost is measured where it is asked for', { timeout: 60_000 }, async () => {
  const args = ['run', '--silent', 'bench:built', '--', '--quick', '--json', '--only', 'notify'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root });
  const { rows } = resultSchema.parse(JSON.parse(stdout));
  expect(rows).toHaveLength(24);
  expect(rows.filter(({ value, ratio }) => !(value > 0 && ratio > 0))).toEqual([]);
});

test('docs/bench.json is of a whole run, and docs/bench.svg is its chart', () => {
  const result = readResult();
  expect(measured(result.rows)).toEqual(planned(fullPlan, result.run));
  expect(readFileSync(new URL('../../docs/bench.svg', import.meta.url), 'utf8')).toBe(chart(result));
});

test('an aim is met, missed, or not measured', () => {
  const samples = new Samples();
  samples.addAll({ run: 1 }, 1, 'bare');
  samples.addAll({ run: 4, pss: 35.1 }, 1, 'signalbox');
  const lines = render({ run, rows: samples.rows() }).split('\n');
  const told = (aim: string) =>
    lines
      .find((line) => line.startsWith(`| ${aim}`))
      ?.split(/ *\| */)
      .slice(2, 4);
  expect(told('Processor time at the client')).toEqual(['4 ms', 'met']);
  expect(told('Its memory')).toEqual(['35.1 MB', '**missed**']);
  expect(told('One command after another')).toEqual(['not measured', '']);
});

test('where there is no nats-server, its column says so', () => {
  const samples = new Samples();
  samples.add('gather', 20, 'raw', 2);
  samples.add('gather', 20, 'signalbox', 4);
  const { nats: _, ...without } = run;
  expect(render({ run: without, rows: samples.rows() })).toMatch(/\| 2 ms +\| no nats-server +\| 4 ms \(2\.00 ×\) +\|/);
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
