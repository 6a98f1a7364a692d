// A command whose jobs outlive their client: the work is a process of its own, which writes to a folder where the next client finds it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { defineCommand, implement, type JobContext, JobFailure } from '../../src/index.ts';

export const countdown = defineCommand({
  name: 'countdown',
  summary: 'Count down to zero, also while the client is away.',
  args: z.strictObject({ from: z.int().min(1).max(86_400) }),
  result: z.strictObject({ lines: z.int().min(0) }),
  recoverable: true,
  standing: ({ from }) => from > 3_600,
  example: 'countdown 10',
});

const script = 'seq "$0" -1 1 | while read -r n; do echo "$n"; sleep 1; done > output; touch ended';

/** @param folder keeps the jobs of one client, and outlives its process. */
export function createCountdown(folder: string) {
  /** Emits all output, from its first byte on: what a server has already is not sent again. */
  async function follow(job: JobContext) {
    const own = join(folder, job.id);
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
      // A client that is killed between this and the ack of its server loses the job.
      await rm(own, { recursive: true });
    }
  }

  return implement(
    countdown,
    async ({ from }, job) => {
      const own = join(folder, job.id);
      await mkdir(own, { recursive: true });
      const work = spawn('sh', ['-c', script, String(from)], { cwd: own, detached: true, stdio: 'ignore' });
      await writeFile(join(own, 'pid'), String(work.pid));
      return await follow(job);
    },
    {
      recover: async () => {
        await mkdir(folder, { recursive: true });
        return (await readdir(folder)).map((id) => ({ id, goOn: follow }));
      },
    },
  );
}

/** Whether a process of the group of this one runs. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}
