import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isRunning } from '../support/is-running.ts';

const library = JSON.stringify(new URL('../../src/process/index.ts', import.meta.url).href);

const statOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
/** The living children of a process that watch over it. */
const watchdogsOf = (parent: number) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        if (Number(statOf(pid)[1]) !== parent || !isRunning(pid)) return false;
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('watchdog');
      } catch {
        return false;
      }
    });

/** A client that starts such a job for each line of its input, and answers with what the job says. */
function startClient(): { pid: number; job: (script: string) => Promise<number>; kill: () => void } {
  const program = `
    import { createInterface } from 'node:readline';
    import { startProcess } from ${library};
    for await (const line of createInterface({ input: process.stdin })) {
      const job = await startProcess({ argv: ['/bin/sh', '-c', line], containment: 'none' });
      for await (const { data } of job.output()) { process.stdout.write(data); break; }
    }
  `;
  const client = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void client.kill('SIGKILL'));
  const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  return {
    pid: client.pid ?? 0,
    async job(script) {
      client.stdin.write(`${script}\n`);
      const { value } = await lines.next();
      const pid = Number(value);
      onTestFinished(() => void (isRunning(pid) && process.kill(pid, 'SIGKILL')));
      return pid;
    },
    kill: () => void client.kill('SIGKILL'),
  };
}

const patience = { timeout: 30_000 };
const untilEnded = (...pids: number[]) => vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), patience);

const stays = 'echo $$; exec sleep 600';
const wiped = 'echo $$; exec env -i sleep 600';

test('a watchdog heeds no signal that is for the whole service, and ends when its work is done', async () => {
  const client = startClient();
  const pid = await client.job(stays);
  const [watchdog = 0, ...others] = watchdogsOf(client.pid);
  expect(others).toEqual([]);
  // It has begun to heed nothing when it reads its pipe.
  const status = () => readFileSync(`/proc/${watchdog}/status`, 'latin1');
  await vi.waitFor(() => expect(status()).toMatch(/SigCgt:.*[4-7c-f]..[37bf]$/m), patience);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(watchdog, signal);
  expect(await client.job('echo 1')).toBe(1);
  client.kill();
  await untilEnded(pid);
  await untilEnded(watchdog);
});

test('a job that has wiped out its mark ends with its client, for its session is known', async () => {
  const client = startClient();
  const pid = await client.job(wiped);
  client.kill();
  await untilEnded(pid);
});

test('a watchdog that was killed is replaced at the next start, and the new one knows the jobs before', async () => {
  const client = startClient();
  const first = await client.job(wiped);
  const [killed = 0] = watchdogsOf(client.pid);
  process.kill(killed, 'SIGKILL');
  await vi.waitFor(() => expect(watchdogsOf(client.pid)).toEqual([]), patience);
  // Until the client has reaped it, it cannot know.
  await vi.waitFor(() => expect(existsSync(`/proc/${killed}`)).toBe(false), patience);
  const second = await client.job(wiped);
  expect(watchdogsOf(client.pid)).toHaveLength(1);
  client.kill();
  await untilEnded(first, second);
});
