import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fullPlan } from './plan.ts';
import { measured, planned } from './planned.ts';
import { chart } from './report/chart.ts';
import { type Result, readResult } from './report/result.ts';
import { Samples } from './report/rows.ts';
import { render } from './report/table.ts';

const run: Result['run'] = {
  ...{ date: '2026-11-27', commit: 'abc', node: 'v24', machine: '2 × x', loadAverage: 0, seconds: 300 },
  ...{ nats: 'nats-server 2', postgres: 'PostgreSQL 15' },
};

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
  expect(told('Memory of such a client')).toEqual(['35.1 MB', '**missed**']);
  expect(told('One command after another')).toEqual(['not measured', '']);
});

test('without nats-server its column says so', () => {
  const samples = new Samples();
  samples.add('gather', 20, 'raw', 2);
  samples.add('gather', 20, 'signalbox', 4);
  const { nats: _, ...without } = run;
  expect(render({ run: without, rows: samples.rows() })).toMatch(/\| 2 ms +\| no nats-server +\| 4 ms \(2\.00 ×\) +\|/);
});

test('a ratio is the median of the ratios of its rounds, not the ratio of two medians', () => {
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
