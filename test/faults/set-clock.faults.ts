import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SchedulingScene, type SchedulingServer } from './scheduling.ts';

const second = 1_000;
const hour = 3_600 * second;
const ping = 'tasks: { a: "@w1 ping" }';
/** The server looks at its clock every five seconds if nothing is due. */
const lookMs = 6 * second;

/** Resolves when the last started time of a schedule is this one or later. */
async function until(server: SchedulingServer, schedule: string, atMs: number): Promise<number[]> {
  for (;;) {
    const started = server.startedOf(schedule);
    if ((started.at(-1) ?? 0) >= atMs) return started;
    await setTimeout(100);
  }
}

const inARow = (fromMs: number, count: number, everyMs: number) =>
  Array.from({ length: count }, (_, at) => fromMs + at * everyMs);

test('a clock set an hour forward and back repeats no time and forgets none within catchUp; the others have their reason', {
  timeout: 90_000,
}, async () => {
  await using scene = await SchedulingScene.open({
    kept: `on: { every: 10s, catchUp: 2h, overlap: allow }\n${ping}`,
    strict: `on: { every: 2s, overlap: allow }\n${ping}`,
  });
  await using server = scene.start();
  await server.line(/"ready"/);
  await until(server, 'strict/1', Date.now());
  server.setClock(hour);
  const nowMs = Date.now() + hour;
  await until(server, 'kept/1', nowMs);
  await until(server, 'strict/1', nowMs);
  const missed = server.told.find(({ type, schedule }) => type === 'schedule.skipped' && schedule === 'strict/1');
  const before = server.startedOf('strict/1').filter((ms) => ms < nowMs - hour / 2);
  expect(missed).toMatchObject({ plannedMs: (before.at(-1) ?? 0) + 2 * second, reason: 'missed' });
  const resumed = server.startedOf('strict/1')[before.length];
  expect(resumed).toBe((missed?.lastMs ?? 0) + 2 * second);

  server.setClock(-hour);
  await setTimeout(lookMs);
  const told = server.told.length;
  await setTimeout(2 * lookMs);
  expect(server.told.slice(told)).toEqual([]);
  server.setClock(hour);
  const kept = await until(server, 'kept/1', Date.now() + hour);
  expect(kept).toEqual(inARow(kept[0] ?? 0, kept.length, 10 * second));
  const strict = await until(server, 'strict/1', Date.now() + hour);
  expect(new Set(strict).size).toBe(strict.length);
});

test('after a clock that was ten years ahead is corrected, the schedules continue with the present, and no run is repeated', {
  timeout: 60_000,
}, async () => {
  await using scene = await SchedulingScene.open({ often: `on: { every: 2s, overlap: allow }\n${ping}` });
  const years = 10 * 365 * 24 * hour;
  await using server = scene.start();
  await server.line(/"ready"/);
  await until(server, 'often/1', Date.now());
  server.setClock(years);
  await until(server, 'often/1', Date.now() + years);
  server.setClock(-years);
  const nowMs = Date.now();
  for (;;) {
    const after = server.startedOf('often/1');
    if (after.filter((ms) => ms >= nowMs && ms < nowMs + hour).length > 2) {
      expect(new Set(after).size).toBe(after.length);
      break;
    }
    await setTimeout(100);
  }
});

test.each([
  ['begins', '2027-03-28T00:10:00Z', ['2027-03-28T01:00:00Z'], ['00:30', '01:00', '01:30', '02:00', '02:30']],
  ['ends', '2027-10-31T00:10:00Z', ['2027-10-31T00:30:00Z'], ['00:30', '01:00', '01:30', '02:00', '02:30']],
])(
  'the night in which summer time %s in Berlin: half past two comes once, each half hour once',
  {
    timeout: 90_000,
  },
  async (_, begin, daily, half) => {
    const beginMs = Date.parse(begin);
    const zone = 'timeZone: Europe/Berlin, catchUp: 1h, overlap: allow';
    await using scene = await SchedulingScene.open({
      daily: `on: { cron: "30 2 * * *", ${zone} }\n${ping}`,
      half: `on: { cron: "*/30 * * * *", ${zone} }\n${ping}`,
    });
    await using server = scene.start({ clockMs: beginMs - Date.now() });
    for (const name of ['daily', 'half']) await server.line(new RegExp(`schedule.loaded.*${name}`));
    const wanted = half.map((clock) => Date.parse(`${begin.slice(0, 10)}T${clock}:00Z`));
    for (const ms of wanted) {
      server.setClock(hour / 2);
      await until(server, 'half/1', ms);
    }
    expect(server.startedOf('half/1')).toEqual(wanted);
    expect(server.startedOf('daily/1')).toEqual(daily.map((text) => Date.parse(text)));
  },
);
