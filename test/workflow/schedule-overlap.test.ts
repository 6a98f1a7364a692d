import { expect, test } from 'vitest';
import { callSchedule } from '../../src/plugin/schedule-calls.ts';
import { callWorkflow } from '../../src/plugin/workflow-calls.ts';
import { openClient } from '../support/library.ts';
import { type FlowScene, openFlows } from './in-process.ts';
import { asking, decided, hourMs, runsOf, scene, scheduleWhen } from './schedule-scene.ts';

const approve = ({ server }: FlowScene, run: number) =>
  callWorkflow(server, 'approve', { run, task: 'a', answer: 'approved' });

/** A client joins and leaves. */
async function visit({ server }: FlowScene, name: string): Promise<void> {
  const client = await openClient(server, { name });
  await client[Symbol.asyncDispose]();
}

test('if several times replace each other, those that never started are recorded', async () => {
  const {
    begin,
    path: _,
    ...given
  } = scene('{ every: 1h, catchUp: 4h, overlap: replace }', {
    ...{ hoursAgo: 2, tasks: asking },
  });
  await begin({ every: '1h', catchUp: '4h', overlap: 'replace' });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  const { decisions } = await decided(flows, 5);
  const [first, second, third] = decisions.map(({ plannedMs }) => plannedMs);
  expect(decisions).toMatchObject([
    { action: 'run', plannedMs: first, run: 1 },
    { action: 'replace', plannedMs: second },
    { action: 'replace' },
    { action: 'skip', plannedMs: second, reason: 'replaced' },
    { action: 'run', plannedMs: decisions[2]?.plannedMs, run: 2 },
  ]);
  expect(third).toBe(decisions[2]?.plannedMs);
});

test('a run that waits while its schedule is paused does not start, and says so', async () => {
  const {
    begin,
    path: _,
    ...given
  } = scene('{ every: 1h, catchUp: 3h, overlap: queue }', {
    ...{ hoursAgo: 1, tasks: asking },
  });
  await begin({ every: '1h', catchUp: '3h', overlap: 'queue' });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  const { queuedMs } = await decided(flows, 2);
  const paused = await callSchedule(flows.server, 'pause', { schedule: 'flow' });
  expect(paused.decisions.at(-1)).toEqual({ action: 'skip', plannedMs: queuedMs, reason: 'paused' });
  await flows.until(1, 'a', 'asking');
  await approve(flows, 1);
  await flows.ended(1);
  await callSchedule(flows.server, 'resume', { schedule: 'flow' });
  expect(await runsOf(flows)).toHaveLength(1);
});

test('a backfill does not overlap a run that schedule run has started', async () => {
  const { begin: _, path: __, ...given } = scene('{ every: 1h }', { tasks: asking });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  await callSchedule(flows.server, 'run', { schedule: 'flow' });
  const toMs = Date.now();
  const asked = await callSchedule(flows.server, 'run', { schedule: 'flow', fromMs: toMs - 2 * hourMs, toMs });
  expect(asked).toEqual({ runs: [], left: 2, atOnce: 1 });
  await flows.until(1, 'a', 'asking');
  await approve(flows, 1);
  expect((await decided(flows, 1)).decisions).toMatchObject([{ run: 2, isBackfill: true }]);
});

test('with overlap: queue only the run for the same client waits', async () => {
  const { begin: _, path: __, ...given } = scene('{ client: offline, overlap: queue }', { tasks: asking });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  await visit(flows, 'x');
  await decided(flows, 1);
  await visit(flows, 'x');
  await decided(flows, 2);
  await visit(flows, 'y');
  await visit(flows, 'x');
  const { decisions } = await decided(flows, 4);
  expect(decisions.map(({ action, client, reason }) => [client, reason ?? action])).toEqual([
    ['x', 'run'],
    ['x', 'queue'],
    ['y', 'run'],
    ['x', 'overlap'],
  ]);
  await flows.until(1, 'a', 'asking');
  await approve(flows, 1);
  expect((await decided(flows, 5)).decisions.at(-1)).toMatchObject({ client: 'x', action: 'run', run: 3 });
});

test('with overlap: replace the run for a client starts when the previous one has ended', async () => {
  const {
    begin: _,
    path: __,
    ...given
  } = scene('{ client: offline, overlap: replace }', {
    tasks: '{ a: "@w1 run sleep 600" }',
  });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  await visit(flows, 'x');
  await decided(flows, 1);
  await flows.until(1, 'a', 'running');
  await visit(flows, 'x');
  const { decisions } = await scheduleWhen(flows, (view) => view.decisions.at(-1)?.run === 2);
  expect(decisions.map(({ action }) => action)).toEqual(['run', 'replace', 'run']);
  const [second, first] = await runsOf(flows);
  expect(first).toMatchObject({ state: 'cancelled' });
  expect(second?.startedAtMs).toBeGreaterThanOrEqual(first?.endedAtMs ?? Number.POSITIVE_INFINITY);
  await callWorkflow(flows.server, 'cancel', { run: 2 });
  await flows.ended(2);
});

test('a trigger applies to each client that its target matches, also one that has said goodbye, and while others have never joined', async () => {
  const {
    begin: _,
    path: __,
    ...given
  } = scene('{ client: offline, matching: "x,never,y[1-3],z*,!z2" }', {
    tasks: '{ a: "@w1 run true" }',
  });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  for (const name of ['x', 'other', 'y2', 'z1', 'z2', 'y4', 'x']) await visit(flows, name);
  const { decisions } = await decided(flows, 4);
  expect(decisions.map(({ client }) => client)).toEqual(['x', 'y2', 'z1', 'x']);
});
