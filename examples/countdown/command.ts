// A command whose jobs outlive their client: the work is a separate process, which writes to a folder where the next client finds it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { defineCommand, implement, type JobContext, JobFailure, type LeftJob } from '../../src/index.ts';

export const countdown = defineCommand({
  name: 'countdown',
  summary: 'Count down to zero, even while the client is away.',
  args: z.strictObject({ from: z.int().min(1).max(86_400) }),
  result: z.strictObject({ lines: z.int().min(0) }),
  recoverable: true,
  standing: ({ from }) => from > 3_600,
  example: 'countdown 10',
});

const script = 'seq "$0" -1 1 | while read -r n; do echo "$n"; sleep 1; done > output; touch ended';

/** Emits all output from its first byte; what a server already has is not sent again. */
async function follow(job: JobContext) {
  const own = join(await job.state(), job.id);
  // Not earlier: if the client is killed before that, the next one must find the folder.
  job.onForgotten(() => rm(own, { recursive: true }));
  if (!existsSync(join(own, 'pid'))) throw new Error('its client was killed while it began');
  const pid = Number(await readFile(join(own, 'pid'), 'utf8'));
  job.progress(0, `process ${pid}`);
  try {
    while (isAlive(pid)) await delay(100, undefined, { signal: job.signal });
    const output = await readFile(join(own, 'output'), 'utf8');
    job.output('stdout', output);
    const result = { lines: output.split('\n').length - 1 };
    if (!existsSync(join(own, 'ended'))) throw new JobFailure('its process was killed', result);
    return result;
  } finally {
    if (isAlive(pid)) process.kill(-pid);
  }
}

async function left(folder: string, id: string): Promise<LeftJob<{ lines: number }>> {
  const storeId = await readFile(join(folder, id, 'store'), 'utf8').catch(() => undefined);
  return { id, storeId, goOn: follow };
}

export const countdownCommand = implement(
  countdown,
  async ({ from }, job) => {
    const own = join(await job.state(), job.id);
    await mkdir(own);
    await writeFile(join(own, 'store'), job.storeId ?? '');
    const work = spawn('sh', ['-c', script, String(from)], { cwd: own, detached: true, stdio: 'ignore' });
    await writeFile(join(own, 'pid'), String(work.pid));
    return await follow(job);
  },
  {
    recover: async ({ state }) => {
      const folder = await state();
      return await Promise.all((await readdir(folder)).map((id) => left(folder, id)));
    },
  },
);

/** Whether a process of the group of this one runs. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}
