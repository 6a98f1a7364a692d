import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findOwnCgroups } from '../../src/process/cgroup-mounts.ts';
import { openHost } from '../../src/process/host.ts';
import { processSupport, startProcess } from '../../src/process/index.ts';
import { isRunning } from '../support/is-running.ts';
import { firstLines, startShell } from '../support/start-process.ts';

const { containment } = await processSupport();
const { workspace } = await openHost();
const tracker = 'unavailable' in workspace ? '' : workspace.tracker;
const hasCgroups = containment.kind !== 'none';
const groups = () => readdirSync(tracker, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test.runIf(hasCgroups)('a failed start leaves no cgroup', async () => {
  const before = groups().length;
  const argv = ['true', 'x'.repeat(200_000)];
  await expect(startProcess({ argv })).rejects.toMatchObject({ code: 'arguments_too_long' });
  expect(groups()).toHaveLength(before);
});

test.runIf(hasCgroups)('cgroups that a job creates below its own are part of it, and are removed with it', async () => {
  const inner = '"$1"/inner';
  const flees = `setsid env -i sh -c 'echo $$; echo 0 >${inner}/cgroup.procs; echo in; exec sleep 600' sh "$1"`;
  const job = await startShell(
    `set -- ${tracker}/$SIGNALBOX_JOB; mkdir ${inner}; ${flees} & until read -r _ <${inner}/cgroup.procs; do :; done; echo; wait`,
    { graceMs: 1e9 },
  );
  const [pid = ''] = await firstLines(job, 3);
  const folder = join(tracker, job.id, 'inner');
  expect(readFileSync(join(folder, 'cgroup.procs'), 'latin1')).toContain(pid);
  process.kill(job.pid, 'SIGKILL');
  expect(await job.exited).toMatchObject({ leftRunning: 1, leftPrograms: ['sleep'], survivors: [] });
  expect(isRunning(Number(pid))).toBe(false);
  expect(existsSync(join(tracker, job.id))).toBe(false);
});

test.runIf(hasCgroups)('a process that leaves its cgroup, as root can, is ended anyway', async () => {
  const outside = findOwnCgroups(
    readFileSync('/proc/self/cgroup', 'utf8'),
    readFileSync('/proc/self/mountinfo', 'utf8'),
  );
  const enter = [...outside.values()].map((folder) => `echo $$ >${folder}/cgroup.procs`).join('; ');
  const job = await startShell(`{ ${enter}; } 2>/dev/null; echo out; exec sleep 600`);
  await firstLines(job, 1);
  const isInside = readFileSync(join(tracker, job.id, 'cgroup.procs'), 'latin1') !== '';
  expect(isInside).toBe(false);
  expect(await job.stop()).toMatchObject({ signal: 'SIGTERM', cancelled: true, survivors: [] });
});
