import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SchedulingScene } from './scheduling.ts';

const count = Number(process.env.SCHEDULES ?? 200);
const minutes = Number(process.env.MINUTES ?? 0);
const tasksOf = Number(process.env.TASKS ?? 200);

const everyMs = minutes > 0 ? 60_000 : 10_000;

test(`${count} schedules that are due together run at each time once, and none is forgotten`, {
  timeout: 120_000 + minutes * 90_000,
}, async () => {
  const trigger = `{ every: ${everyMs / 1_000}s, catchUp: 10m, overlap: queue }`;
  const text = `on: ${trigger}\ntasks:\n  a: "@w1 ping"\n  b: { do: "@w1 ping", needs: a }\n`;
  const names = Array.from({ length: count }, (_, at) => `flow${at}`);
  await using scene = await SchedulingScene.open(Object.fromEntries(names.map((name) => [name, text])));
  await using server = scene.start();
  await server.figures();
  const lines = await server.loaded(count);
  const loaded = lines.findLast(({ nextMs }) => nextMs);
  const firstMs = loaded?.nextMs?.[0] ?? 0;
  console.log('idle', await server.figures());
  const times = Array.from({ length: Math.max(2, minutes) }, (_, at) => firstMs + at * everyMs);
  for (const plannedMs of times) {
    while (server.told.filter((line) => line.plannedMs === plannedMs && line.run).length < count) await setTimeout(500);
    console.log(new Date(plannedMs).toISOString(), await server.figures());
  }
  const wanted = names.flatMap((name) => times.map((ms) => `${name}/1 ${ms}`));
  const started = server.told.flatMap(({ type, schedule, plannedMs }) =>
    type === 'schedule.started' && plannedMs <= (times.at(-1) ?? 0) ? [`${schedule} ${plannedMs}`] : [],
  );
  expect(started.filter((one) => wanted.includes(one)).toSorted()).toEqual(wanted.toSorted());
});

test(`a workflow of ${tasksOf} tasks, of which all can run at once, and one that gathers them`, {
  timeout: 180_000,
}, async () => {
  const tasks = Array.from({ length: tasksOf }, (_, at) => `  t${at}: "@w1 ping"`);
  const needs = tasks.map((_, at) => `t${at}`).join(', ');
  await using scene = await SchedulingScene.open({
    big: `on: { every: 5s, overlap: skip }\ntasks:\n${tasks.join('\n')}\n  all: { do: "@w1 ping", needs: [${needs}] }\n`,
  });
  await using server = scene.start();
  await server.line(/schedule.loaded/);
  await server.figures();
  await server.line(/workflow.ended/);
  console.log(`${tasksOf} tasks`, await server.figures());
  expect(server.told.find(({ type }) => type === 'workflow.ended')).toMatchObject({ outcome: 'completed' });
});
