import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement } from '../../src/index.ts';
import { openScene } from '../support/in-process-shell.ts';

const hold = defineCommand({
  name: 'hold',
  summary: 'Wait for output to be taken.',
  args: z.strictObject({}),
  result: z.null(),
  example: 'hold',
});

test('jobs shows that a job waits until its output is taken, and stops when it continues', async () => {
  const goOn = Promise.withResolvers<void>();
  const end = Promise.withResolvers<null>();
  const implementation = implement(hold, async (_args, job) => {
    job.outputFull(true);
    await goOn.promise;
    job.outputFull(false);
    return end.promise;
  });
  await using scene = await openScene({ commands: [implementation], output: 'text' });
  await scene.run('hold');
  await vi.waitFor(async () => expect(await scene.server.list()).toMatchObject([{ outputFull: true }]), {
    timeout: 50_000,
  });
  await scene.run('jobs');
  expect(scene.out.lines.at(-1)).toMatch(/hold +waiting for its output to be read/);
  goOn.resolve();
  await vi.waitFor(async () => expect((await scene.server.list())[0]).not.toHaveProperty('outputFull'), {
    timeout: 50_000,
  });
  await scene.run('jobs');
  expect(scene.out.lines.at(-1)).toMatch(/hold +running/);
  end.resolve(null);
  await scene.run('wait');
});
