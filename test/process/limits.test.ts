import { expect, test } from 'vitest';
import { processSupport, startProcess } from '../../src/process/index.ts';
import { start, startNode, startShell, text } from '../support/start-process.ts';

const { limits } = await processSupport();
const mebibyte = 1_048_576;

test.runIf(limits.memoryBytes === true)(
  'a job over its memory limit is killed and out of memory, and has not timed out',
  async () => {
    const job = await startNode('const kept = []; for (;;) kept.push(Buffer.alloc(1048576, 1)); ', {
      limits: { memoryBytes: 64 * mebibyte },
      timeoutMs: 1e6,
    });
    expect(job.status().limits.memoryBytes).toMatchObject({
      value: 64 * mebibyte,
      by: expect.stringMatching(/^cgroup/),
    });
    const result = await job.exited;
    expect(result).toMatchObject({
      exitCode: null,
      signal: 'SIGKILL',
      outOfMemory: true,
      timedOut: false,
      cancelled: false,
    });
    expect(result.maxRssBytes).toBeGreaterThan(32 * mebibyte);
    expect(result.maxRssBytes).toBeLessThanOrEqual(64 * mebibyte);
  },
);

test.runIf(limits.memoryBytes === true)('a job within its memory limit is not out of memory', async () => {
  const job = await startShell('exit 9', { limits: { memoryBytes: 64 * mebibyte } });
  expect(await job.exited).toMatchObject({ exitCode: 9, outOfMemory: false });
});

test.runIf(limits.pids === true)(
  'processes over the limit cannot be forked; the system reports this to the job',
  async () => {
    const job = await startShell('sleep 60 & sleep 60 & sleep 60 & wait', { limits: { pids: 3 }, graceMs: 1e6 });
    expect(await text(job, { stream: 'stderr' })).toMatch(/fork/i);
    expect(await job.exited).toMatchObject({ outOfMemory: false, timedOut: false });
  },
);

test.runIf(limits.cpus === true)('processor time is limited per period, and counted', async () => {
  const job = await startShell('i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done', { limits: { cpus: 0.5 } });
  expect(job.status().limits).toEqual({ cpus: { value: 0.5, by: expect.stringMatching(/^cgroup/) } });
  const { cpuMs, durationMs } = await job.exited;
  expect(cpuMs).toBeGreaterThan(0);
  // A period is 100 ms: time over one quota must have waited.
  expect(durationMs).toBeGreaterThanOrEqual((cpuMs ?? 0) - 60);
});

for (const containment of ['detect', 'none'] as const) {
  test(`open files are limited, containment ${containment}`, async () => {
    const job = await startShell('ulimit -n; ulimit -Hn', { limits: { openFiles: 33 }, containment });
    expect(job.status().limits).toEqual({ openFiles: { value: 33, by: 'rlimit' } });
    expect(await text(job)).toBe('33\n33\n');
  });

  test(`a program starts with the smallest allowed limit of open files, containment ${containment}`, async () => {
    const job = await startShell('ulimit -n', { limits: { openFiles: 16 }, containment });
    expect(await text(job)).toBe('16\n');
    expect(await job.exited).toMatchObject({ exitCode: 0 });
  });
}

test('a limit that cannot be set is refused before anything runs', async () => {
  const started = startProcess({ argv: ['true'], limits: { memoryBytes: mebibyte }, containment: 'none' });
  await expect(started).rejects.toMatchObject({
    code: 'limit_unavailable',
    message: 'memoryBytes cannot be limited on this machine: cgroups are switched off for this process',
  });
});

test('on request a job runs without that limit, and reports it', async () => {
  const job = await start({
    argv: ['true'],
    limits: { pids: 9, openFiles: 44 },
    containment: 'none',
    ifLimitUnavailable: 'run',
  });
  expect(job.status().limits).toEqual({
    pids: { value: 9, unavailable: 'cgroups are switched off for this process' },
    openFiles: { value: 44, by: 'rlimit' },
  });
  expect(await job.exited).toMatchObject({ exitCode: 0 });
});

test('the limits that this machine supports are known before a start', async () => {
  const valid: Record<string, number> = { memoryBytes: 2 ** 30, cpus: 1, pids: 100, openFiles: 256 };
  const support = await processSupport();
  expect(Object.keys(support.limits)).toEqual(['memoryBytes', 'cpus', 'pids', 'openFiles']);
  for (const [name, available] of Object.entries(support.limits)) {
    if (available === true) continue;
    expect(typeof available).toBe('string');
    await expect(startProcess({ argv: ['true'], limits: { [name]: valid[name] } })).rejects.toMatchObject({
      code: 'limit_unavailable',
    });
  }
});
