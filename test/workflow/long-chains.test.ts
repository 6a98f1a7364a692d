import { expect, test } from 'vitest';
import { type TaskDefinition, taskSchema } from '../../src/workflow/definition.ts';
import { findCycle, instancesOf } from '../../src/workflow/instances.ts';
import { loadWorkflow } from '../../src/workflow/load.ts';

/** Each needs the next one, and the last one needs these. */
const chained = (last: string[]): Record<string, TaskDefinition> =>
  Object.fromEntries(
    Array.from({ length: 10_000 }, (_, at) => [
      `t${at}`,
      taskSchema.parse({ approve: 'Yes?', needs: at === 9_999 ? last : [`t${at + 1}`] }),
    ]),
  );

test('a chain can be as long as a workflow, even if each task precedes the one that it needs', () => {
  const tasks = chained([]);
  expect(findCycle(tasks)).toBeUndefined();
  const keys = instancesOf({ tasks }).map(({ key }) => key);
  expect(keys).toEqual(Object.keys(tasks).toReversed());
});

test('a cycle can be as long as a workflow', () => {
  expect(findCycle(chained(['t9990']))).toEqual([...Array.from({ length: 10 }, (_, at) => `t999${at}`), 't9990']);
  expect(findCycle(chained(['t0']))).toHaveLength(10_001);
});

test('the error about a long cycle names its start and its end', () => {
  const tasks = Array.from({ length: 20 }, (_, at) => `  t${at}: { approve: Yes?, needs: t${(at + 1) % 20} }`);
  const loaded = loadWorkflow(`tasks:\n${tasks.join('\n')}`, { name: 'ring', contracts: new Map() });
  const ring = 't0 → t1 → t2 → t3 → t4 → t5 → … → t16 → t17 → t18 → t19 → t0';
  expect('problems' in loaded && loaded.problems.map(({ sentence }) => sentence)).toEqual([
    `these tasks need each other in a cycle: ${ring}`,
  ]);
});
