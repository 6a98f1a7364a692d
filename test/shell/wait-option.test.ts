import { expect, test } from 'vitest';
import { z } from 'zod';
import { calculateCommand } from '../../src/client/commands/calculate.ts';
import { pingCommand } from '../../src/client/commands/ping.ts';
import { defineCommand, implement } from '../../src/index.ts';
import { untilAborted } from '../../src/until-aborted.ts';
import { openScene } from '../support/in-process-shell.ts';

/** Jobs that end in the worst way when the test says so, on one client or on all. */
function openGate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const contract = defineCommand({
    name: 'stall',
    summary: 'Fail, later.',
    args: z.strictObject({}),
    result: z.null(),
    example: 'stall',
  });
  const stall = implement(contract, async (_args, job) => {
    await untilAborted(promise, job.signal);
    throw new Error('failed after all');
  });
  return { commands: [stall, pingCommand, calculateCommand], fail: resolve };
}

test('--wait ends the line without the unfinished jobs, which continue and count as unfinished: 5', async () => {
  const { commands } = openGate();
  await using scene = await openScene({ commands });
  await scene.run('stall --wait 50ms');
  expect(scene.said('error')).toMatchObject([{ code: 'timed_out', source: 'test', line: 1 }]);
  expect(scene.said('error')[0]?.message).toContain('w1');
  expect(scene.shell.tally).toMatchObject({ exitCode: 5, unfinished: 1 });
  expect((await scene.server.list())[0]?.outcome).toBeUndefined();
});

test('the end of the script does not wait for them, and sends nothing more', async () => {
  const { commands } = openGate();
  await using scene = await openScene({ commands });
  await scene.run('stall --wait 50ms', 'ping');
  await scene.shell.tally.settled();
  expect((await scene.server.list()).map(({ command }) => command)).toEqual(['stall']);
});

test('their later output is shown, and changes neither the counts nor the exit code', async () => {
  const { commands, fail } = openGate();
  await using scene = await openScene({ commands, keepGoing: true });
  await scene.run('stall --wait 50ms');
  fail();
  await scene.out.until('failed after all');
  await scene.run('ping');
  await scene.shell.tally.settled();
  const { counts, exitCode, unfinished } = scene.shell.tally;
  expect({ failed: counts.failed, completed: counts.completed, exitCode, unfinished }).toEqual({
    failed: 0,
    completed: 1,
    exitCode: 5,
    unfinished: 1,
  });
});

test('with --wait a line lasts until all jobs have ended, and no longer', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2'] });
  await scene.run('calculate 0.2 x --wait 1h', 'ping');
  expect(scene.shell.tally.counts.completed).toBeGreaterThanOrEqual(2);
  await scene.shell.tally.settled();
  expect(scene.shell.tally).toMatchObject({ exitCode: 0, unfinished: 0 });
});

test('every client of the line is named once, by its state when the time is over', async () => {
  const { commands, fail } = openGate();
  await using scene = await openScene({ commands, clients: ['w1', 'w2'], keepGoing: true });
  await scene.run('stall --wait 1s');
  fail();
  await scene.out.until('failed after all');
  await scene.run('@w2 ping --wait 1h');
  expect(scene.said('group')).toMatchObject([{ command: 'stall', clients: 2, names: { running: ['w1', 'w2'] } }]);
});

test('expect judges the clients that have answered in time', async () => {
  const { commands } = openGate();
  await using scene = await openScene({ commands, keepGoing: true });
  await scene.run('expect failed stall --wait 50ms');
  expect(scene.said('error').map(({ code }) => code)).toEqual(['timed_out']);
  expect(scene.shell.tally).toMatchObject({ exitCode: 5, unfinished: 1 });
});

test('a failure elsewhere does not end the time: clients that miss it are not waited for at the end', async () => {
  const { commands } = openGate();
  await using scene = await openScene({ commands });
  const line = scene.run('stall --wait 300ms');
  await scene.out.until('"accepted"');
  scene.shell.tally.fail(4);
  await line;
  expect(scene.shell.tally.unfinished).toBe(1);
  await scene.shell.tally.settled();
  expect(scene.said('error')).toMatchObject([{ code: 'timed_out' }]);
});

test('at the prompt the line does not delay the next one, and is reported when its time is over', async () => {
  const { commands } = openGate();
  await using scene = await openScene({ commands, atPrompt: true });
  await scene.run('stall --wait 300ms', 'ping');
  expect(scene.said('error')).toEqual([]);
  await scene.out.until('"timed_out"');
  expect((await scene.server.list()).find(({ command }) => command === 'stall')?.outcome).toBeUndefined();
});

test('every command for clients accepts it, control commands too', async () => {
  await using scene = await openScene();
  await scene.run(
    'stop --wait 1m',
    'start --wait=1m',
    'ping --wait 1m',
    'calculate 0 x --wait 1m',
    'terminate --wait 1m',
  );
  expect(scene.said('error')).toEqual([]);
  expect(scene.shell.tally.counts.completed).toBe(5);
});
