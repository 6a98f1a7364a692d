import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { findOwnCgroups } from '../../src/process/cgroup-mounts.ts';
import { processSupport } from '../../src/process/index.ts';
import { MarkedGroup } from '../../src/process/marked-group.ts';
import { isRunning } from '../support/is-running.ts';
import { firstLines, start, startShell } from '../support/start-process.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const stubborn = path('stubborn.sh');
const { containment } = await processSupport();
const hasCgroups = containment.kind !== 'none';

/** Kills the processes that a test let escape. */
function reap(pids: readonly number[]): void {
  onTestFinished(() => {
    for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });
}

/** The cgroup folders that were created for a process. */
function cgroupsOf(pid: number): string[] {
  const own = findOwnCgroups(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'));
  return [...own.values()].filter((folder) => folder.includes('signalbox-'));
}

const pidsOf = (lines: readonly string[]) => lines.map(Number);

for (const kind of ['detect', 'none'] as const) {
  test(`stop ends a setsid grandchild and a double fork that ignore TERM, containment ${kind}`, async () => {
    const job = await start({ argv: [stubborn, 'kept'], containment: kind });
    const pids = pidsOf(await firstLines(job, 3));
    reap(pids);
    expect(pids.map(isRunning)).toEqual([true, true, true]);
    expect(await job.stop({ graceMs: 0 })).toMatchObject({ cancelled: true, signal: 'SIGKILL', survivors: [] });
    expect(pids.map(isRunning)).toEqual([false, false, false]);
    expect(job.status().outputCut).toBe(false);
  });

  test(`nothing is left when the client is killed, containment ${kind}`, async () => {
    const client = spawn(process.execPath, [path('client.ts'), kind, stubborn, 'kept'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pids: number[] = [];
    for await (const line of createInterface({ input: client.stdout })) if (pids.push(Number(line)) === 3) break;
    reap(pids);
    const job = cgroupsOf(pids[0] ?? 0);
    expect(job.length > 0).toBe(kind === 'detect' && hasCgroups);
    client.kill('SIGKILL');
    // They are not children of this process, so nobody reports their end.
    await vi.waitFor(() => expect(pids.map(isRunning)).toEqual([false, false, false]), { timeout: 50_000 });
    await vi.waitFor(() => expect(job.filter((folder) => existsSync(folder))).toEqual([]), { timeout: 50_000 });
  });
}

test('three hundred jobs without cgroups end as quickly as one when their client is killed', async () => {
  const program = `
    import { startProcess } from ${JSON.stringify(new URL('../../src/process/index.ts', import.meta.url).href)};
    const starts = Array.from({ length: 300 }, () => startProcess({ argv: ['sleep', '600'], containment: 'none' }));
    console.log((await Promise.all(starts)).map(({ pid }) => pid).join(' '));
  `;
  const client = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let pids: number[] = [];
  for await (const line of createInterface({ input: client.stdout })) {
    pids = line.split(' ').map(Number);
    break;
  }
  reap(pids);
  expect(pids.filter(isRunning)).toHaveLength(300);
  client.kill('SIGKILL');
  // Comparing each process with each job takes longer than this.
  await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), { timeout: 50_000 });
}, 120_000);

test.runIf(hasCgroups)('in a cgroup, processes that erase their environment end, too', async () => {
  const job = await start({ argv: [stubborn, 'wiped'] });
  const pids = pidsOf(await firstLines(job, 3));
  reap(pids);
  await job.stop({ graceMs: 0 });
  expect(pids.map(isRunning)).toEqual([false, false, false]);
});

test('without a cgroup, processes that leave the session and erase their environment escape, and the output is cut off', async () => {
  const job = await start({ argv: [stubborn, 'wiped'], containment: 'none' });
  const pids = pidsOf(await firstLines(job, 3));
  reap(pids);
  await job.stop({ graceMs: 0 });
  expect(isRunning(job.pid)).toBe(false);
  expect(pids.filter(isRunning)).toHaveLength(2);
  expect(job.status()).toMatchObject({ outputCut: true, containment: { kind: 'none', reason: expect.any(String) } });
});

test.runIf(existsSync('/bin/bash'))(
  'without a cgroup, all processes of the session end, including those in a separate group',
  async () => {
    const program = 'set -m; env -i /bin/sh -c "echo \\$\\$; exec sleep 600" & wait';
    const job = await start({ argv: ['/bin/bash', '-c', program], containment: 'none' });
    const pids = pidsOf(await firstLines(job, 1));
    reap(pids);
    expect(await job.stop()).toMatchObject({ survivors: [] });
    expect(pids.map(isRunning)).toEqual([false]);
  },
);

for (const kind of ['detect', 'none'] as const) {
  test(`a process that erases its environment on TERM is ended anyway, containment ${kind}`, async () => {
    const program = 'trap "exec env -i sleep 1000" TERM; echo $$; while :; do sleep 0.02; done';
    const job = await startShell(`setsid sh -c '${program}' & wait`, { containment: kind });
    const pids = pidsOf(await firstLines(job, 1));
    reap(pids);
    expect(await job.stop({ graceMs: 500 })).toMatchObject({ survivors: [] });
    expect(pids.map(isRunning)).toEqual([false]);
  });
}

for (const kind of ['detect', 'none'] as const) {
  test(`processes left running when the main process ends are ended and counted, containment ${kind}`, async () => {
    const job = await startShell(`${stubborn} kept & wait`, { containment: kind, graceMs: 0 });
    const pids = pidsOf(await firstLines(job, 3));
    reap(pids);
    process.kill(job.pid, 'SIGKILL');
    const result = await job.exited;
    expect(result).toMatchObject({ signal: 'SIGKILL', cancelled: false, survivors: [] });
    expect(result.leftRunning).toBeGreaterThanOrEqual(3);
    expect(result.leftPrograms).toHaveLength(result.leftRunning);
    expect(result.leftPrograms).toEqual(expect.arrayContaining(['sleep', 'sleep', 'sleep']));
    expect(pids.map(isRunning)).toEqual([false, false, false]);
  });
}

test('without cgroups a job ends all processes with its mark, and none with a longer mark', async () => {
  const options = { containment: 'none' } as const;
  const job = await startShell('sleep 600', options);
  // As if the tenth job began with the mark of the first.
  const program = `for end in '' 0; do SIGNALBOX_JOB=${job.id}$end setsid sh -c 'echo $$; exec sleep 600' & done; wait`;
  const other = await startShell(program, options);
  const pids = pidsOf(await firstLines(other, 2));
  reap(pids);
  await job.stop();
  expect(pids.filter(isRunning)).toHaveLength(1);
  const [left = 0] = pids.filter(isRunning);
  expect(readFileSync(`/proc/${left}/environ`, 'latin1')).toContain(`SIGNALBOX_JOB=${job.id}0\0`);
});

test('without cgroups a session whose number now belongs to another process is not taken for the job', async () => {
  const stranger = spawn('sleep', ['600'], { detached: true });
  onTestFinished(() => void stranger.kill());
  const { pid = 0 } = stranger;
  const seenBy = async (group: MarkedGroup) => (await group.look()).members.map((member) => member.pid);
  const own = new MarkedGroup('job.1', 'as a test');
  own.started(pid);
  expect(await seenBy(own)).toEqual([pid]);
  const reused = new MarkedGroup('job.2', 'as a test');
  reused.started(pid);
  // As if its leader had been another process, which started before.
  Object.assign(reused, { startTime: 1, leaderEnded: true });
  expect(await seenBy(reused)).toEqual([]);
});
