import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { blocksOf } from './markdown.ts';
import { fileOf } from './treatment.ts';

const blocks = blocksOf('docs/how-to/ci-pipeline.md');
const file = (name: string) => blocks.find((block) => fileOf(block) === name)?.text ?? '';

test('both pipelines install the package, call the script that the page runs, and keep its results', () => {
  const steps = ['npm install --no-save ./tools/signalbox.tgz', 'sh ci/test.sh'];
  const github = parse(file('.github/workflows/test.yml'));
  expect(github.jobs.test.steps.flatMap(({ run }: { run?: string }) => run ?? [])).toEqual(steps);
  const gitlab = parse(file('.gitlab-ci.yml'));
  expect(gitlab.test.script).toEqual(steps);
  expect(file('ci/test.sh')).toContain('> results.jsonl');
  expect(github.jobs.test.steps.at(-1)).toMatchObject({ if: 'always()', with: { path: 'results.jsonl' } });
  expect(gitlab.test.artifacts).toEqual({ when: 'always', paths: ['results.jsonl'] });
});

test('the limit of each pipeline is longer than that of the script', () => {
  const [, minutes] = /--timeout (\d+)m --output/.exec(file('ci/test.sh')) ?? [];
  expect(parse(file('.github/workflows/test.yml')).jobs.test['timeout-minutes']).toBeGreaterThan(Number(minutes));
  expect(Number.parseInt(parse(file('.gitlab-ci.yml')).test.timeout, 10)).toBeGreaterThan(Number(minutes));
});
