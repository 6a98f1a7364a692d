import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isRunning } from '../support/is-running.ts';

const library = JSON.stringify(new URL('../../src/process/index.ts', import.meta.url).href);

const statOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
/** The living watchdog children of a process. */
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

/** A client that starts a job for each line of its input, and answers with the job's output. */
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

/** A program of one expression; it prints its lines, and each line of its input lets it continue. */
function startProgram(text: string) {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', text], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    line: async () => (await lines.next()).value ?? '',
    goOn: () => void child.stdin.write('\n'),
    kill: () => void child.kill('SIGKILL'),
    exited: once(child, 'exit'),
  };
}

const childrenOf = (pid: number) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');

/** Cgroups of other processes come and go in the meantime; `find` tolerates that better than Node. */
const cgroupsNamed = (name: string) =>
  spawnSync('find', ['/sys/fs/cgroup', '-name', name], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);

/** Remains of killed processes: one of them may have had the pid of a new one. */
const leftBefore = new Set(cgroupsNamed('signalbox-*'));
const cgroupsOf = (pid: number) => cgroupsNamed(`signalbox-${pid}-*`).filter((folder) => !leftBefore.has(folder));

const patience = { timeout: 30_000 };
const untilEnded = (...pids: number[]) => vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), patience);

const stays = 'echo $$; exec sleep 600';
const wiped = 'echo $$; exec env -i sleep 600';

test('a watchdog ignores signals for the whole service, and ends when its work is done', async () => {
  const client = startClient();
  const pid = await client.job(stays);
  const [watchdog = 0, ...others] = watchdogsOf(client.pid);
  expect(others).toEqual([]);
  // It already ignores the signals when it reads its pipe.
  const status = () => readFileSync(`/proc/${watchdog}/status`, 'latin1');
  await vi.waitFor(() => expect(status()).toMatch(/SigCgt:.*[4-7c-f]..[37bf]$/m), patience);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(watchdog, signal);
  expect(await client.job('echo 1')).toBe(1);
  client.kill();
  await untilEnded(pid);
  await untilEnded(watchdog);
});

test('a job that has erased its mark ends with its client, because its session is known', async () => {
  const client = startClient();
  const pid = await client.job(wiped);
  client.kill();
  await untilEnded(pid);
});

test('a process that has only detected containment, and started nothing, has no child and no cgroup', async () => {
  const program = startProgram(`
    import { processSupport, startProcess } from ${library};
    console.log((await processSupport()).containment.kind);
    process.stdin.once('data', async () => {
      const job = await startProcess({ argv: ['/bin/sh', '-c', 'echo $$; exec sleep 600'] });
      for await (const { data } of job.output()) process.stdout.write(job.status().containment.kind + ' ' + data);
    });
  `);
  const kind = await program.line();
  expect({ cgroups: cgroupsOf(program.pid), children: childrenOf(program.pid) }).toEqual({ cgroups: [], children: '' });
  program.goOn();
  const [as, pid] = (await program.line()).split(' ');
  onTestFinished(() => void (isRunning(Number(pid)) && process.kill(Number(pid), 'SIGKILL')));
  expect(as).toBe(kind);
  expect(watchdogsOf(program.pid)).toHaveLength(1);
  program.kill();
  await untilEnded(Number(pid));
});

test('a watchdog that is killed repeatedly while a job runs is replaced each time, and the last one knows the job', async () => {
  const client = startClient();
  const pid = await client.job(wiped);
  for (let time = 0; time < 3; time += 1) {
    const [watchdog = 0] = watchdogsOf(client.pid);
    process.kill(watchdog, 'SIGKILL');
    const others = () => watchdogsOf(client.pid).filter((one) => one !== watchdog);
    await vi.waitFor(() => expect(others()).toHaveLength(1), patience);
  }
  client.kill();
  await untilEnded(pid);
});

test('a replacement watchdog knows the running jobs from its start, before it gets any message', async () => {
  const guard = JSON.stringify(new URL('../../src/process/guard.ts', import.meta.url).href);
  const program = startProgram(`
    import { spawn } from 'node:child_process';
    import { Guard } from ${guard};
    const guard = new Guard({ mark: 'none.', folders: [] });
    guard.ensure();
    const { pid } = spawn('sleep', ['600'], { detached: true });
    guard.add(pid);
    // As if this process ended right after starting the next.
    guard.tell = () => {};
    process.stdin.resume();
    console.log(pid);
  `);
  const pid = Number(await program.line());
  onTestFinished(() => void (isRunning(pid) && process.kill(pid, 'SIGKILL')));
  const [killed = 0] = watchdogsOf(program.pid);
  process.kill(killed, 'SIGKILL');
  const others = () => watchdogsOf(program.pid).filter((one) => one !== killed);
  await vi.waitFor(() => expect(others()).toHaveLength(1), patience);
  program.kill();
  await untilEnded(pid);
});

test('a job whose watchdog is killed during its start is watched anyway', async () => {
  const guard = JSON.stringify(new URL('../../src/process/guard.ts', import.meta.url).href);
  const program = startProgram(`
    import { spawn, spawnSync } from 'node:child_process';
    import { Guard } from ${guard};
    const guard = new Guard({ mark: 'none.', folders: [] });
    guard.ensure();
    process.stdin.once('data', () => {
      const { pid } = spawn('sleep', ['600'], { detached: true });
      guard.add(pid);
      console.log(pid);
    });
    console.log('there');
  `);
  await program.line();
  const [killed = 0] = watchdogsOf(program.pid);
  process.kill(killed, 'SIGKILL');
  await vi.waitFor(() => expect(existsSync(`/proc/${killed}`)).toBe(false), patience);
  // There is nothing to watch yet.
  expect(watchdogsOf(program.pid)).toEqual([]);
  program.goOn();
  const pid = Number(await program.line());
  onTestFinished(() => void (isRunning(pid) && process.kill(pid, 'SIGKILL')));
  expect(watchdogsOf(program.pid)).toHaveLength(1);
  program.kill();
  await untilEnded(pid);
});

test('the session of an ended job is left alone, even if no other job starts', async () => {
  const guard = JSON.stringify(new URL('../../src/process/guard.ts', import.meta.url).href);
  // Of two timers of a process the shorter fires first: that of the guard.
  const program = startProgram(`
    import { spawn } from 'node:child_process';
    import { Guard } from ${guard};
    const guard = new Guard({ mark: 'none.', folders: [] });
    guard.ensure();
    const { pid } = spawn('sleep', ['600'], { detached: true });
    guard.add(pid);
    console.log(pid);
    process.stdin.once('data', () => {
      guard.remove(pid);
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1_000);
    });
  `);
  const pid = Number(await program.line());
  onTestFinished(() => void (isRunning(pid) && process.kill(pid, 'SIGKILL')));
  const [watchdog = 0] = watchdogsOf(program.pid);
  program.goOn();
  await program.exited;
  await untilEnded(watchdog);
  expect(isRunning(pid)).toBe(true);
});
