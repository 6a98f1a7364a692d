import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { type Failure, type SuiteReport, summaryOf } from '../../scripts/ci-summary.ts';
import { newFolder } from '../support/new-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const report = (failures: readonly Failure[]): SuiteReport => ({
  passed: 2,
  failed: failures.length,
  skipped: 0,
  failures,
});
const manyLines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at + 1}`).join('\n');

test('what failed is named with the first lines of why, without colours, and the last line counts', () => {
  const failures = [{ name: 'a.test.ts: adds', text: `\x1b[31mError: 1 is not 2\x1b[39m\n\n${manyLines(20)}` }];
  const lines = summaryOf([
    { name: 'test', hasFailed: true, report: report(failures) },
    { name: 'test:faults', hasFailed: false, report: { ...report([]), skipped: 1 } },
  ]);
  expect(lines.slice(0, 4)).toEqual([
    'npm run test failed:',
    '  a.test.ts: adds',
    '      Error: 1 is not 2',
    '      line 1',
  ]);
  expect(lines.slice(-4)).toEqual([
    '      line 14',
    '      … 6 more lines, see above',
    '1 skipped, which does not mean passed: see the reasons above',
    '4 passed, 1 failed',
  ]);
});

test('many failures have fewer lines each, so that the end of the output has them all', () => {
  const failures = Array.from({ length: 50 }, (_, at) => ({ name: `test ${at}`, text: manyLines(20) }));
  const lines = summaryOf([{ name: 'test', hasFailed: true, report: report(failures) }]);
  expect(lines.filter((line) => line.startsWith('  test '))).toHaveLength(50);
  expect(lines.length).toBeLessThan(200);
});

test('a suite that broke off, or failed outside all that it reports, is a failure', () => {
  const broken = summaryOf([{ name: 'test', hasFailed: true, report: undefined }]);
  expect(broken).toEqual(['npm run test failed without a report: see its last lines above', '0 passed, 1 failed']);
  expect(summaryOf([{ name: 'test', hasFailed: true, report: report([]) }]).at(-1)).toBe('2 passed, 1 failed');
  expect(summaryOf([{ name: 'test', hasFailed: false, report: report([]) }])).toEqual(['2 passed, 0 failed']);
});

test('the reporter says of a run why its tests failed, what differs, and what was thrown outside of them', () => {
  const folder = newFolder();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('vitest.config.mjs', `export default { root: ${JSON.stringify(folder)} };`);
  write('broken.test.mjs', "throw new Error('it is not there');");
  write(
    'some.test.mjs',
    `import { expect, test } from ${JSON.stringify(join(root, 'node_modules/vitest/dist/index.js'))};
     test('passes', () => {});
     test.skip('is left out', () => {});
     test('differs', () => { void Promise.reject(new Error('nobody waits for this')); expect('one\\ntwo').toBe('one\\nthree'); });`,
  );
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', join(folder, 'vitest.config.mjs')];
  const env = { ...process.env, CI_REPORT: join(folder, 'test.json') };
  const reporter = `--reporter=${join(root, 'scripts/ci-reporter.ts')}`;
  const { status } = spawnSync(process.execPath, [...args, reporter], { cwd: root, env });
  expect(status).toBe(1);
  const { failures, ...counts }: SuiteReport = JSON.parse(readFileSync(env.CI_REPORT, 'utf8'));
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: 1 });
  const texts = new Map(failures.map(({ name, text }) => [name, stripVTControlCharacters(text)]));
  expect([...texts.keys()].sort()).toEqual([
    'broken.test.mjs, outside every test',
    'outside every file',
    'some.test.mjs: differs',
  ]);
  expect(texts.get('some.test.mjs: differs')).toContain('+ two');
  expect(texts.get('broken.test.mjs, outside every test')).toContain('Error: it is not there');
  expect(texts.get('outside every file')).toContain('Error: nobody waits for this');
});
