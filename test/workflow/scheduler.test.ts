import { expect, test } from 'vitest';
import { callSchedule } from '../../src/plugin/schedule-calls.ts';
import { callWorkflow } from '../../src/plugin/workflow-calls.ts';
import type { Collections } from '../../src/workflow/run-store.ts';
import { openClient } from '../support/library.ts';
import { openFlows } from './in-process.ts';
import { asking, decided, hourMs, runsOf, scene } from './schedule-scene.ts';

test('times missed while the server was down are caught up within catchUp; the others are recorded with their reason', async () => {
  const { begin, path: _, ...given } = scene('{ every: 1h, catchUp: 2h, overlap: allow }', { hoursAgo: 4 });
  await begin({ every: '1h', catchUp: '2h', overlap: 'allow' });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  const { decisions } = await decided(flows, 5);
  const ran = decisions.filter(({ action }) => action === 'run');
  expect(decisions.map(({ action, reason }) => reason ?? action)).toEqual(['missed', 'missed', 'missed', 'run', 'run']);
  const runs = await runsOf(flows);
  expect(runs).toHaveLength(ran.length);
  expect(runs.every(({ actor }) => actor === 'owner')).toBe(true);
});

test('a run that was started but not recorded is not started again', async () => {
  const { begin, collections, folder } = scene('{ every: 1h, catchUp: 2h, overlap: allow }', { hoursAgo: 0 });
  await begin({ every: '1h', catchUp: '2h', overlap: 'allow' });
  const dead: Collections = (name) => ({
    ...collections<never>(name),
    ...(name === 'workflow-schedules' && { compareAndSet: async () => undefined }),
  });
  {
    await using flows = await openFlows({ folder, collections: dead, clients: ['w1'] });
    while ((await runsOf(flows)).length === 0) await new Promise(setImmediate);
    await flows.workflows[Symbol.asyncDispose]();
  }
  await using flows = await openFlows({ folder, collections, clients: ['w1'] });
  const { decisions } = await decided(flows, 1);
  expect(decisions).toMatchObject([{ action: 'run', run: 1 }]);
  expect(await runsOf(flows)).toHaveLength(1);
});

test('with overlap: queue the next run waits for the previous one', async () => {
  const {
    begin,
    path: _,
    ...given
  } = scene('{ every: 1h, catchUp: 3h, overlap: queue }', {
    hoursAgo: 1,
    tasks: asking,
  });
  await begin({ every: '1h', catchUp: '3h', overlap: 'queue' });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  const { decisions, queuedMs } = await decided(flows, 2);
  expect([decisions.map(({ action }) => action), queuedMs]).toEqual([['run', 'queue'], decisions[1]?.plannedMs]);
  await flows.until(1, 'a', 'asking');
  await callWorkflow(flows.server, 'approve', { run: 1, task: 'a', answer: 'approved' });
  expect((await decided(flows, 3)).decisions.at(-1)).toMatchObject({ action: 'run', run: 2 });
  await flows.until(2, 'a', 'asking');
});

test('with overlap: replace the running run is cancelled first', async () => {
  const {
    begin,
    path: _,
    ...given
  } = scene('{ every: 1h, catchUp: 3h, overlap: replace }', {
    hoursAgo: 1,
    tasks: asking,
  });
  await begin({ every: '1h', catchUp: '3h', overlap: 'replace' });
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  expect((await decided(flows, 3)).decisions.map(({ action }) => action)).toEqual(['run', 'replace', 'run']);
  expect((await flows.ended(1)).state).toBe('cancelled');
});

test('a schedule is paused and resumed, and shows the next times', async () => {
  const { begin: _, path: __, ...given } = scene('{ cron: "0 3 * * *", timeZone: Europe/Berlin }');
  await using flows = await openFlows({ ...given, clients: [] });
  const { schedules } = await callSchedule(flows.server, 'show', { schedule: 'flow' });
  expect(schedules).toMatchObject([{ schedule: 'flow/1', workflow: 'flow', when: '0 3 * * * Europe/Berlin' }]);
  expect(schedules[0]?.nextMs).toHaveLength(5);
  const paused = await callSchedule(flows.server.as('ben'), 'pause', { schedule: 'flow' });
  expect(paused).toMatchObject({ paused: { actor: 'ben' }, nextMs: [] });
  expect((await callSchedule(flows.server, 'resume', { schedule: 'flow/1' })).nextMs).toHaveLength(5);
  await expect(callSchedule(flows.server, 'pause', { schedule: 'flw' })).rejects.toMatchObject({ code: 'bad_usage' });
});

test('schedule run starts a run now, or those of missed times, as the operator who asks', async () => {
  const { begin: _, path: __, ...given } = scene('{ every: 1h, overlap: allow }');
  await using flows = await openFlows({ ...given, clients: ['w1'] });
  const ana = flows.server.as('ana');
  expect(await callSchedule(ana, 'run', { schedule: 'flow' })).toEqual({ runs: [1], left: 0, atOnce: 1 });
  const toMs = Math.floor(Date.now() / hourMs) * hourMs;
  const span = { schedule: 'flow', fromMs: toMs - 2 * hourMs, toMs };
  expect(await callSchedule(ana, 'run', span)).toEqual({ runs: [2, 3, 4], left: 0, atOnce: 10 });
  expect(await callSchedule(ana, 'run', span)).toEqual({ runs: [], left: 0, atOnce: 10 });
  expect(new Set((await runsOf(flows)).map(({ actor }) => actor))).toEqual(new Set(['ana']));
  await expect(callSchedule(ana, 'run', { ...span, fromMs: 0 })).rejects.toMatchObject({ code: 'bad_usage' });
});

test('a workflow that needs a parameter does not run on schedule, and the reason is recorded', async () => {
  const {
    begin,
    path: _,
    ...given
  } = scene('{ every: 1h, catchUp: 2h }', { more: 'params: { n: { type: number } }\n' });
  await begin({ every: '1h', catchUp: '2h' });
  await using flows = await openFlows({ ...given, clients: [] });
  expect((await decided(flows, 1)).decisions).toMatchObject([
    { action: 'skip', reason: 'the parameter n is missing: --param n=…' },
  ]);
});

test('a client that joins starts a run with its name, if the trigger matches it', async () => {
  const {
    begin: _,
    path: __,
    ...given
  } = scene('{ client: joined, matching: "w*" }', {
    tasks: '{ a: "@${run.client} run echo ${run.client}" }',
  });
  await using flows = await openFlows({ ...given, clients: [] });
  await callSchedule(flows.server, 'list', {});
  await using _other = await openClient(flows.server, { name: 'x1', allow: ['run'] });
  await using _client = await openClient(flows.server, { name: 'w1', allow: ['run'] });
  const { decisions, when } = await decided(flows, 1);
  expect([when, decisions]).toMatchObject(['client joined @w*', [{ action: 'run', client: 'w1', run: 1 }]]);
  expect((await flows.ended(1)).tasks).toMatchObject([{ state: 'completed', clients: ['w1'] }]);
});

test('a client that stays away is offline at once, and gone later; a pause is recorded', async () => {
  const on = '[{ client: offline }, { client: gone }]';
  const { begin: _, path: __, ...given } = scene(on, { tasks: '{ a: "@w1 run echo ${run.client} ${run.plannedAt}" }' });
  await using flows = await openFlows({ ...given, clients: ['w1'], lostAfterMs: 1 });
  await callSchedule(flows.server, 'pause', { schedule: 'flow/1' });
  const client = await openClient(flows.server, { name: 'w2' });
  await client[Symbol.asyncDispose]();
  for (;;) {
    const { schedules } = await callSchedule(flows.server, 'list', {});
    const last = schedules.map(({ decisions }) => decisions.at(-1));
    if (last.every((one) => one)) {
      expect(last).toMatchObject([
        { action: 'skip', reason: 'paused', client: 'w2' },
        { action: 'run', client: 'w2', run: 1 },
      ]);
      break;
    }
    await new Promise(setImmediate);
  }
  expect((await flows.ended(1)).state).toBe('completed');
  expect(await runsOf(flows)).toHaveLength(1);
});
