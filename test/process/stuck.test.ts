import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { unknownUsage } from '../../src/process/containment.ts';
import { IncomingOutput } from '../../src/process/incoming-output.ts';
import { OutputLog } from '../../src/process/output-log.ts';
import { RunningProcess } from '../../src/process/running-process.ts';

test('a process that survives KILL is given up, with its pid and without an exit code, and is released', async () => {
  // A number that no process can have (PID_MAX_LIMIT, proc_sys_kernel(5)); its end is never reported.
  const pid = 4_194_305;
  const stat = { pid, name: 'stuck', state: 'D', processGroup: pid, session: pid, startTime: 1 };
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const log = new OutputLog({ maxBytes: 8_192, directory: tmpdir(), whenFull: 'drop' });
  const release = vi.fn();
  const group = {
    containment: { kind: 'none' },
    entrances: [],
    leader: pid,
    leaderEnded: false,
    started: () => {},
    look: async () => ({ members: [stat], complete: true }),
    kill: async () => {},
    usage: async () => unknownUsage,
    remove: vi.fn(async () => {}),
  } as const;
  const never = new Promise<never>(() => {});
  const spawned = { pid, stdin: null, stdout, stderr, exited: never, launched: Promise.resolve() };
  const job = new RunningProcess({
    ...{ id: 'job.1', spawned, group, limits: {}, log, output: new IncomingOutput(spawned, log) },
    ...{ graceMs: 0, startedAtMs: 0, release },
  });
  const result = await job.stop();
  expect(result).toMatchObject({ exitCode: null, signal: null, cancelled: true, survivors: [pid], leftRunning: 0 });
  expect(job.status()).toMatchObject({ state: 'exited', outputCut: true });
  expect([release.mock.calls.length, group.remove.mock.calls.length]).toEqual([1, 1]);
  await job[Symbol.asyncDispose]();
});
