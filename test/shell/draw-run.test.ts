import { expect, test } from 'vitest';
import type { RunDetails, TaskView } from '../../src/plugin/workflow-calls.ts';
import { drawRun } from '../../src/shell/workflow/draw-run.ts';

const task = (name: string, needs: string[] = [], more: Partial<TaskView> = {}): TaskView => ({
  ...{ task: name, state: 'waiting', needs, attempts: 0 },
  ...more,
});

function drawn(tasks: TaskView[]): string[] {
  const run: RunDetails = {
    ...{ run: 7, workflow: 'nightly', state: 'running', actor: 'ana', params: {}, startedAtMs: 0 },
    tasks,
  };
  return drawRun(run).split('\n').slice(1);
}

test('each task is below the last one that it needs, with its known facts; a matrix that it needs is counted', () => {
  const done = { state: 'completed', attempts: 1 } as const;
  expect(
    drawn([
      task('build', [], { ...done, number: 2, clients: ['w1', 'w2'] }),
      task('test[os=a]', ['build'], { ...done, number: 3, clients: ['w1'] }),
      task('test[os=b]', ['build'], { state: 'failed', attempts: 3, number: 4, clients: ['w2'], error: 'exit code 1' }),
      task('ask', ['test[os=a]', 'test[os=b]', 'build'], { state: 'asking', question: 'Deploy?' }),
      task('last', ['ask'], { actor: 'ben' }),
    ]),
  ).toEqual([
    '  build          completed, job 2 on w[1-2]',
    '  ├─ test[os=a]  completed, job 3 on w1',
    '  └─ test[os=b]  failed, job 4 on w2, attempt 3, exit code 1',
    '     └─ ask      asks: Deploy?, needs build, test (2)',
    '        └─ last  waiting, retried by ben',
  ]);
});

test('combinations of a large matrix in the same state share a row, except those that failed or ask', () => {
  const states = ['completed', 'running', 'waiting'] as const;
  const many = Array.from({ length: 998 }, (_, at) =>
    task(`job[n=${at}]`, ['start'], { state: states[at % 3] ?? 'waiting' }),
  );
  many[5] = task('job[n=5]', ['start'], { state: 'failed', error: `it is ${'very '.repeat(40)}wrong` });
  const rows = drawn([
    task('start', [], { state: 'completed' }),
    ...many,
    task(
      'end',
      many.map(({ task }) => task),
    ),
  ]);
  expect(rows.map((row) => row.trimEnd())).toEqual([
    '  start                completed',
    expect.stringMatching(/^ {2}├─ job\[n=5\] {10}failed, it is (very )+v?e?r?y?…$/),
    '  ├─ job (331 of 998)  waiting',
    '  ├─ job (333 of 998)  completed',
    '  └─ job (333 of 998)  running',
    '     └─ end            waiting, needs job (998)',
  ]);
});

test('a long chain fits the screen', () => {
  const chain = Array.from({ length: 100 }, (_, at) => task(`t${at}`, at === 0 ? [] : [`t${at - 1}`]));
  expect(Math.max(...drawn(chain).map((row) => row.length))).toBeLessThan(60);
});

test('a chain may be as long as a workflow', () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `t${at}`);
  const rows = drawn(names.map((name, at) => task(name, at === 0 ? [] : [`t${at - 1}`])));
  expect(rows).toHaveLength(10_000);
  expect(rows.at(-1)?.trim()).toMatch(/^└─ t9999 +waiting$/);
});

test('control characters in a name, a question or an error are shown as escapes', () => {
  expect(
    drawn([
      task('a[n=x\n\u001b[2J]', [], { state: 'asking', question: 'Sure?\u001b[31m' }),
      task('b', [], { state: 'failed', error: 'no\r\nsuch \u202e thing' }),
    ]),
  ).toEqual([
    '  a[n=x\\x0a\\x1b[2J]  asks: Sure?\\x1b[31m',
    '  b                  failed, no\\x0d\\x0asuch \\u202e thing',
  ]);
});
