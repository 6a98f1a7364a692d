import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { quickPlan } from './plan.ts';
import { measured, planned } from './planned.ts';
import { resultSchema } from './report/result.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('npm run bench -- --quick measures every contender in every way', { timeout: 180_000 }, async () => {
  // Not `bench`: while it builds, programs of other tests would find an incomplete dist.
  const args = ['run', '--silent', 'bench:built', '--', '--quick', '--json'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root });
  const { rows, run } = resultSchema.parse(JSON.parse(stdout));
  expect(measured(rows)).toEqual(planned(quickPlan, run));
  expect(rows.filter(({ value, ratio }) => value <= 0 || ratio <= 0)).toEqual([]);
});

test('the cost of notifications is measured only on request', { timeout: 60_000 }, async () => {
  const args = ['run', '--silent', 'bench:built', '--', '--quick', '--json', '--only', 'notify'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root });
  const { rows } = resultSchema.parse(JSON.parse(stdout));
  expect(rows).toHaveLength(24);
  expect(rows.filter(({ value, ratio }) => !(value > 0 && ratio > 0))).toEqual([]);
});
