import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement, SignalboxError } from '../../src/index.ts';
import { runScript } from '../../src/shell/script.ts';
import { openScene, type Scene } from '../support/in-process-shell.ts';

const serve = defineCommand({
  name: 'serve',
  summary: 'Serve until it is ended, or once.',
  args: z.strictObject({ where: z.string(), once: z.boolean().default(false) }),
  result: z.null(),
  standing: ({ once }) => !once,
  example: 'serve here',
});

const warm = defineCommand({
  name: 'warm',
  summary: 'Get warm, and stay so until it is ended, or give up.',
  args: z.strictObject({ up: z.boolean().default(false), fails: z.boolean().default(false) }),
  result: z.null(),
  standing: true,
  example: 'warm',
});

const warmCommand = implement(warm, async ({ up, fails }, job) => {
  job.progress(0, 'cold');
  if (fails) throw new SignalboxError('command_failed', 'no wood');
  if (!up) await setImmediate();
  job.progress(1, 'warm');
  await new Promise((resolve) => job.signal.addEventListener('abort', resolve, { once: true }));
  job.signal.throwIfAborted();
  return null;
});

const serveCommand = implement(serve, async ({ where, once }, job) => {
  if (where === 'nowhere') throw new SignalboxError('command_failed', 'there is no such place');
  if (!once) await new Promise((resolve) => job.signal.addEventListener('abort', resolve, { once: true }));
  job.signal.throwIfAborted();
  return null;
});

const openServing = () => openScene({ commands: [serveCommand, warmCommand] });

function runLines(scene: Scene, ...lines: string[]): Promise<number> {
  const { signal } = new AbortController();
  const source = (async function* () {
    yield* lines;
  })();
  const advice = () => ({ fate: '', hint: undefined });
  return runScript(scene.shell, source, { source: 'test', interrupted: signal, ended: signal, say: () => {}, advice });
}

test('the end of a script does not wait for a standing job, which continues', async () => {
  await using scene = await openServing();
  expect(await runLines(scene, 'serve here', 'serve there --once')).toBe(0);
  expect((await scene.server.list()).map(({ state, standing }) => [state, standing])).toEqual([
    ['settled', undefined],
    ['accepted', true],
  ]);
  expect(scene.shell.tally).toMatchObject({ unfinished: 1, counts: { completed: 1 } });
});

test('wait without a JOB does not wait for a standing job, and wait with it does', async () => {
  await using scene = await openServing();
  const lines = ['serve here', 'wait --timeout 100s', 'wait 1 --timeout 10ms'];
  expect(await runLines(scene, ...lines)).toBe(5);
  expect(scene.said('error').map(({ line }) => line)).toEqual([3]);
});

test('a standing job that fails at once fails the script', async () => {
  await using scene = await openServing();
  expect(await runLines(scene, 'serve nowhere', 'wait 1')).toBe(4);
});

test('a handle says whether its job stands', async () => {
  await using scene = await openServing();
  const [standing] = (await scene.server.submit('w1', serve, { where: 'here' })).jobs;
  const [passing] = (await scene.server.submit('w1', serve, { where: 'here', once: true })).jobs;
  expect([standing?.standing, passing?.standing]).toEqual([true, undefined]);
});

test('wait --until continues when the jobs report the condition, now or later', async () => {
  await using scene = await openServing();
  expect(await runLines(scene, 'warm', 'warm --up', 'wait 1 2 --until warm --timeout 100s', 'serve x --once')).toBe(0);
  expect((await scene.server.list()).flatMap(({ progress }) => progress?.note ?? [])).toEqual(['warm', 'warm']);
});

test('wait --until fails if a job ends first, and when its time is over', async () => {
  await using scene = await openServing();
  expect(await runLines(scene, 'warm --up', 'wait 1 --until hot --timeout 10ms')).toBe(5);
  expect(scene.said('error')).toMatchObject([{ code: 'timed_out', line: 2 }]);
  await using other = await openServing();
  expect(await runLines(other, 'warm --fails', 'wait 1 --until warm')).toBe(4);
});

test('wait --until shows the condition that it waits for', async () => {
  await using scene = await openServing();
  expect(await runLines(scene, 'wait --until warm')).toBe(2);
});
