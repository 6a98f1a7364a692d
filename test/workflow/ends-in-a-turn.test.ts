import { expect, test } from 'vitest';
import { RunStore, taskKeyOf } from '../../src/workflow/run-store.ts';
import { Runner } from '../../src/workflow/runner.ts';
import { ScriptedWorld } from './scripted-jobs.ts';

test('the end of a task is recorded before the end of its run, at whatever moment of a turn its last job ends', async () => {
  for (let ticks = 0; ticks < 40; ticks += 1) {
    const world = new ScriptedWorld({ answerTo: () => 'sent', endOf: () => 'failed' });
    const { service, collections } = world.start();
    const store = new RunStore(collections, { keepMs: 1_000_000 });
    const runner = new Runner({ service, store, startedAtMs: Date.now(), folder: undefined, tell() {} });
    const context = { actor: 'owner', service, signal: new AbortController().signal, seesJob: () => true };
    const text = 'tasks: { one: "@w1,w2,w3 calculate 0 x" }';
    const { run } = await runner.run({ source: { text, file: 'flow.yaml' } }, context);
    await expect.poll(() => world.open().length, { interval: 1 }).toBe(3);
    const [first, second, last] = world.open();
    if (!first || !second || !last) throw new Error('there are not three jobs');
    world.end(first);
    world.end(second);
    for (let tick = 0; tick < ticks; tick += 1) await null;
    world.end(last);
    await runner.wait({ run }, context);
    const record = (await store.tasksOf(run)).get(taskKeyOf(run, 'one'))?.value;
    expect([ticks, record?.attempts.at(-1)?.ended?.outcomes]).toEqual([ticks, ['failed', 'failed', 'failed']]);
  }
});
