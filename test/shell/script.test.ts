import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement } from '../../src/index.ts';
import { runScript } from '../../src/shell/script.ts';
import { openScene, type Scene } from '../support/in-process-shell.ts';

/** Runs these lines over a scene, as the program does. `interrupt` and `end` are its signals. */
function start(scene: Scene, ...lines: string[]) {
  const [interrupted, ended] = [new AbortController(), new AbortController()];
  const told: string[] = [];
  const source = (async function* () {
    yield* lines;
  })();
  const exitCode = runScript(scene.shell, source, {
    source: 'test',
    interrupted: interrupted.signal,
    ended: ended.signal,
    say: (text) => told.push(text),
    advice: (jobs) => ({ fate: `${jobs.length} are left`, hint: undefined }),
  });
  const abort = (controller: AbortController) => {
    scene.end.abort();
    controller.abort();
  };
  return { exitCode, told, interrupt: () => abort(interrupted), end: () => abort(ended) };
}

const accepted = (scene: Scene) => scene.said('accepted').length;

test('it waits for its jobs, and its exit code follows from theirs', async () => {
  await using scene = await openScene();
  const { exitCode } = start(scene, 'calculate 0.1 x', 'calculate 600 y --timeout 100ms');
  expect(await exitCode).toBe(5);
  expect(scene.shell.tally).toMatchObject({ unfinished: 0, counts: { completed: 1, failed: 1 } });
});

test('after exit no line is carried out', async () => {
  await using scene = await openScene();
  expect(await start(scene, 'ping', 'exit', 'ping').exitCode).toBe(0);
  expect(await scene.server.list()).toHaveLength(1);
});

test('after exit no line is read', async () => {
  await using scene = await openScene();
  const never = new Promise<IteratorResult<string>>(() => {});
  const lines = { next: () => (scene.shell.exited ? never : Promise.resolve({ done: false, value: 'exit' })) };
  const { signal } = new AbortController();
  const advice = () => ({ fate: '', hint: undefined });
  const options = { source: 'test', interrupted: signal, ended: signal, say: () => {}, advice };
  expect(await runScript(scene.shell, lines as AsyncIterator<string>, options)).toBe(0);
});

test('after a failure no line is carried out', async () => {
  await using scene = await openScene();
  expect(await start(scene, 'nonsense', 'ping').exitCode).toBe(2);
  expect(await scene.server.list()).toEqual([]);
});

test('an interrupt cancels every job of the script, and no other', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2'] });
  const calculate = scene.server.commands.get('calculate');
  if (!calculate) throw new Error('no command');
  const [other] = (await scene.server.submit('w1', calculate, { seconds: 600, message: 'not its own' })).jobs;
  const script = start(scene, 'calculate 600 x', '@w2 calculate 600 y');
  await expect.poll(() => accepted(scene)).toBe(4);
  script.interrupt();
  expect(await script.exitCode).toBe(0);
  expect(scene.shell.tally).toMatchObject({ unfinished: 0, counts: { cancelled: 3 } });
  expect((await scene.server.list({ state: 'running' })).map(({ id }) => id)).toEqual([other?.id]);
  expect(scene.said('error')).toEqual([]);
});

test('an end leaves its jobs running, and reports the state of each client of a line', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2'] });
  const script = start(scene, 'calculate 600 x');
  await expect.poll(() => accepted(scene)).toBe(2);
  script.end();
  await script.exitCode;
  expect(scene.said('group')).toMatchObject([{ command: 'calculate', names: { running: ['w1', 'w2'] } }]);
  expect(scene.shell.tally.unfinished).toBe(2);
  expect(await scene.server.list({ state: 'running' })).toHaveLength(2);
});

test('an end while jobs are being cancelled stops the wait, and names the unfinished jobs by line and client', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const contract = defineCommand({
    name: 'stubborn',
    summary: 'End late, whoever cancels.',
    args: z.strictObject({}),
    result: z.null(),
    example: 'stubborn',
  });
  const stubborn = implement(contract, async () => {
    await gate;
    return null;
  });
  await using scene = await openScene({ clients: ['w1', 'w2', 'w10'], commands: [stubborn] });
  const script = start(scene, 'stubborn', '@w2 stubborn');
  await expect.poll(() => accepted(scene)).toBe(4);
  script.interrupt();
  await new Promise(setImmediate);
  script.end();
  await script.exitCode;
  open();
  const [error] = scene.said('error');
  expect(error).toMatchObject({ code: 'timed_out' });
  expect(error?.message).toContain('4 jobs were cancelled');
  expect(error?.message).toContain('1 stubborn on w[1-2,10], 2 stubborn on w2; 4 are left');
});

test('an end together with an interrupt cancels nothing', async () => {
  await using scene = await openScene();
  const script = start(scene, 'calculate 600 x');
  await expect.poll(() => accepted(scene)).toBe(1);
  script.end();
  script.interrupt();
  await script.exitCode;
  const ping = scene.server.commands.get('ping');
  // Otherwise a cancel would have been sent first.
  if (ping) await (await scene.server.submit('w1', ping, {})).outcomes;
  expect(await scene.server.list({ state: 'running' })).toHaveLength(1);
});

test('an interrupt without jobs says nothing', async () => {
  await using scene = await openScene();
  const script = start(scene, 'sleep 1h');
  script.interrupt();
  expect(await script.exitCode).toBe(0);
  expect(scene.out.lines.filter((line) => !line.includes('"client"'))).toEqual([]);
});
