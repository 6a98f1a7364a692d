import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Event } from '../../src/index.ts';
import { eventMessage } from '../../src/messages/event-message.ts';
import { eventOf } from '../../src/messages/from-event-message.ts';
import { callSchedule } from '../../src/plugin/schedule-calls.ts';
import { type FlowScene, openFlows } from './in-process.ts';
import { asking, decided, hourMs, scene } from './schedule-scene.ts';

const toldOf = ({ server }: FlowScene) =>
  server.told.all.filter((event) => 'schedule' in event).map(({ atMs: _, seq: __, ...event }) => ({ ...event }));

test('each planned time is reported with its result, and each loaded schedule with its next five times', async () => {
  const { begin, path: _, ...given } = scene('{ every: 1h, catchUp: 3h }', { hoursAgo: 3, tasks: asking });
  await begin({ every: '1h', catchUp: '3h' });
  await using flows = await openFlows({ ...given, clients: [] });
  const { decisions } = await decided(flows, 4);
  await flows.server.told.first((event) => event.type === 'schedule.skipped' && event.reason === 'overlap');
  const about = { schedule: 'flow/1', workflow: 'flow' };
  const [loaded, ...others] = toldOf(flows);
  expect(loaded).toEqual({ type: 'schedule.loaded', ...about, when: 'every 3600 s', nextMs: expect.any(Array) });
  expect(loaded).toMatchObject({ nextMs: { length: 5 } });
  const planned = decisions.map(({ plannedMs }) => plannedMs);
  expect(others).toEqual([
    { type: 'schedule.skipped', ...about, plannedMs: planned[0], reason: 'missed' },
    { type: 'schedule.started', ...about, plannedMs: planned[1], run: 1, actor: 'owner' },
    { type: 'schedule.skipped', ...about, plannedMs: planned[2], reason: 'overlap' },
    { type: 'schedule.skipped', ...about, plannedMs: planned[3], reason: 'overlap' },
  ]);
});

test('a pause and a resume of a schedule are reported with their actor; so are an edit, a removal and a return', async () => {
  const { begin: _, path, ...given } = scene('{ cron: "0 3 * * *" }');
  await using flows = await openFlows({ ...given, clients: [] });
  const ben = flows.server.as('ben');
  await callSchedule(ben, 'pause', { schedule: 'flow' });
  await callSchedule(ben, 'pause', { schedule: 'flow' });
  await callSchedule(ben, 'resume', { schedule: 'flow' });
  const tasks = 'tasks: { a: ping }';
  writeFileSync(path, `on: { cron: "0 4 * * *" }\n${tasks}`);
  await flows.server.told.first((event) => event.type === 'schedule.loaded' && event.when === '0 4 * * *');
  rmSync(path);
  await flows.server.told.first(({ type }) => type === 'schedule.removed');
  writeFileSync(path, `on: { cron: "0 5 * * *" }\n${tasks}`);
  await flows.server.told.first((event) => event.type === 'schedule.loaded' && event.when === '0 5 * * *');
  const about = { schedule: 'flow/1', workflow: 'flow' };
  expect(toldOf(flows)).toMatchObject([
    { type: 'schedule.loaded', ...about },
    { type: 'schedule.paused', ...about, actor: 'ben' },
    { type: 'schedule.resumed', ...about, actor: 'ben' },
    { type: 'schedule.loaded', ...about, isChanged: true },
    { type: 'schedule.removed', ...about },
    { type: 'schedule.loaded', ...about, isChanged: true },
  ]);
});

test('events of schedules are the same over the API', () => {
  const about = { atMs: 1, seq: 2, schedule: 'nightly/1', workflow: 'nightly' };
  const planned = { ...about, plannedMs: hourMs };
  const events: Event[] = [
    { ...about, type: 'schedule.loaded', when: '@daily', nextMs: [1, 2, 3, 4, 5] },
    { ...about, type: 'schedule.loaded', when: 'client gone', nextMs: [], isChanged: true },
    { ...about, type: 'schedule.removed' },
    { ...about, type: 'schedule.paused', actor: 'ana' },
    { ...about, type: 'schedule.resumed', actor: 'ana' },
    { ...planned, type: 'schedule.started', run: 7, actor: 'owner' },
    { ...planned, type: 'schedule.started', run: 7, client: 'w1', isBackfill: true },
    { ...planned, type: 'schedule.waiting' },
    { ...planned, type: 'schedule.waiting', isReplacing: true, client: 'w1' },
    { ...planned, type: 'schedule.skipped', reason: 'overlap' },
    { ...planned, type: 'schedule.skipped', reason: 'missed', count: 7, lastMs: 9, isMore: true, isBackfill: true },
    { ...about, type: 'schedule.backfill', fromMs: 1, toMs: 2, count: 3, actor: 'ana' },
  ];
  expect(events.map((event) => eventOf(eventMessage(event)))).toEqual(events);
});
