import { expect, test } from 'vitest';
import { callSchedule } from '../../src/plugin/schedule-calls.ts';
import { callWorkflow } from '../../src/plugin/workflow-calls.ts';
import { type FlowScene, openFlows } from './in-process.ts';
import { asking, decided, hourMs, runsOf, scene, scheduleWhen } from './schedule-scene.ts';

const answer = async (flows: FlowScene, run: number): Promise<void> => {
  await flows.until(run, 'a', 'asking');
  await callWorkflow(flows.server, 'approve', { run, task: 'a', answer: 'approved' });
  await flows.ended(run);
};

const spanOf = (hours: number) => {
  const toMs = Math.floor(Date.now() / hourMs) * hourMs;
  return { schedule: 'flow', fromMs: toMs - (hours - 1) * hourMs, toMs };
};

test('runs of a backfill that must not overlap start one after the other, also over a restart of the server', async () => {
  const { begin: _, path: __, ...given } = scene('{ every: 1h }', { tasks: asking });
  {
    await using flows = await openFlows({ ...given, clients: ['w1'] });
    const asked = await callSchedule(flows.server.as('ana'), 'run', spanOf(3));
    expect(asked).toEqual({ runs: [1], left: 2, atOnce: 1 });
    await expect(callSchedule(flows.server, 'run', spanOf(3))).rejects.toThrow(
      'the backfill of flow/1 has 2 times left',
    );
    await answer(flows, 1);
    await flows.until(2, 'a', 'asking');
  }
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  expect(await scheduleWhen(flows, () => true)).toMatchObject({ backfill: { actor: 'ana', left: 1 } });
  await answer(flows, 2);
  await answer(flows, 3);
  expect((await scheduleWhen(flows, ({ backfill }) => !backfill)).decisions).toMatchObject([
    { action: 'run', run: 1, isBackfill: true },
    { action: 'run', run: 2, isBackfill: true },
    { action: 'run', run: 3, isBackfill: true },
  ]);
  expect((await runsOf(flows)).map(({ actor }) => actor)).toEqual(['ana', 'ana', 'ana']);
});

test('at most ten runs of a backfill run at a time if runs may overlap', async () => {
  const { begin: _, path: __, ...given } = scene('{ every: 1h, overlap: allow }', { tasks: asking });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  expect(await callSchedule(flows.server, 'run', spanOf(12))).toMatchObject({ runs: { length: 10 }, left: 2 });
  await answer(flows, 4);
  await scheduleWhen(flows, ({ backfill }) => backfill?.left === 1);
  expect(await runsOf(flows)).toHaveLength(11);
});

test('a planned time during a run of a backfill comes next and is not skipped', async () => {
  const { begin, path: _, ...given } = scene('{ every: 1h, catchUp: 2h }', { tasks: asking, hoursAgo: 1 });
  const lastMs = Math.floor(Date.now() / hourMs) * hourMs;
  const leftMs = [lastMs - 9 * hourMs, lastMs - 8 * hourMs];
  // Two times are due; the first one waits for nothing.
  await begin({ every: '1h', catchUp: '2h' }, { backfill: { actor: 'ana', leftMs } });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  const wanted = [
    { action: 'run', run: 1, plannedMs: lastMs - hourMs },
    { action: 'skip', reason: 'overlap', plannedMs: lastMs },
  ];
  expect((await decided(flows, 2)).decisions).toMatchObject(wanted);
  await answer(flows, 1);
  expect((await decided(flows, 3)).decisions.at(-1)).toMatchObject({ run: 2, isBackfill: true, plannedMs: leftMs[0] });
});

test('a pause holds the rest of a backfill, and cancel drops it', async () => {
  const { begin: _, path: __, ...given } = scene('{ every: 1h }', { tasks: asking });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  await callSchedule(flows.server, 'run', spanOf(4));
  await callSchedule(flows.server, 'pause', { schedule: 'flow' });
  await answer(flows, 1);
  expect(await callSchedule(flows.server, 'pause', { schedule: 'flow' })).toMatchObject({ backfill: { left: 3 } });
  await callSchedule(flows.server, 'resume', { schedule: 'flow' });
  await flows.until(2, 'a', 'asking');
  const { fromMs, toMs } = spanOf(4);
  const given_up = { action: 'skip-many', plannedMs: fromMs + 2 * hourMs, lastMs: toMs, count: 2, reason: 'cancelled' };
  const after = await callSchedule(flows.server, 'cancel', { schedule: 'flow' });
  expect(after.decisions.at(-1)).toEqual({ ...given_up, isBackfill: true });
  expect(after).not.toHaveProperty('backfill');
  await answer(flows, 2);
  expect(await runsOf(flows)).toHaveLength(2);
});

test('times in the future, in the wrong order, or too many of them are refused for a backfill', async () => {
  const { begin: _, path: __, ...given } = scene('{ every: 1h }');
  await using flows = await openFlows({ ...given, clients: [] });
  const ask = (fromMs: number, toMs: number) => callSchedule(flows.server, 'run', { schedule: 'flow', fromMs, toMs });
  const nowMs = Date.now();
  await expect(ask(nowMs, nowMs + 2 * hourMs)).rejects.toThrow('--to is in the future');
  await expect(ask(nowMs, nowMs - hourMs)).rejects.toThrow('--from is later than --to');
  await expect(ask(0, nowMs)).rejects.toThrow('flow/1 has more than 1000 planned times');
});
