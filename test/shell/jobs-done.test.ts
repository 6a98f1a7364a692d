import { expect, test } from 'vitest';
import { z } from 'zod';
import { pingCommand } from '../../src/client/commands/ping.ts';
import { defineCommand, implement } from '../../src/index.ts';
import { untilAborted } from '../../src/until-aborted.ts';
import { openScene } from '../support/in-process-shell.ts';

const half = implement(
  defineCommand({
    name: 'half',
    summary: 'Do half of the work.',
    args: z.strictObject({}),
    result: z.null(),
    example: 'half',
  }),
  async (_args, job) => {
    job.progress(0.5);
    await untilAborted(Promise.withResolvers<void>().promise, job.signal);
    return null;
  },
);

test('jobs has a column for progress only if a job reported some, and shows nothing there for ended jobs', async () => {
  await using scene = await openScene({ output: 'text', commands: [half, pingCommand] });
  await scene.run('ping', 'wait', 'jobs', 'half');
  await expect.poll(async () => (await scene.server.list())[1]?.progress?.fraction).toBe(0.5);
  await scene.run('jobs', 'cancel 2', 'wait');
  const [before, , after, ...rows] = scene.out.lines.filter((line) => /^JOB|^\d\/w1 +(ping|half)/.test(line));
  expect(before).toMatch(/TIME$/);
  expect(after).toMatch(/DONE$/);
  expect(rows[0]).toMatch(/ms$/);
  expect(rows[1]).toMatch(/50 %$/);
});
