import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { processSupport } from '../../src/process/index.ts';
import { nextScan } from '../../src/process/shared-scan.ts';
import { isRunning } from '../support/is-running.ts';

const library = JSON.stringify(new URL('../../src/process/index.ts', import.meta.url).href);

/** Runs TypeScript code with this limit of open files. @returns its output, as JSON. */
async function runWith(openFiles: number, body: string): Promise<unknown> {
  const program = `
    import { closeSync, openSync } from 'node:fs';
    import { startProcess } from ${library};
    const open = [];
    const takeAll = () => { try { for (;;) open.push(openSync('/dev/null')); } catch {} };
    const giveBack = () => { for (const descriptor of open.splice(0)) closeSync(descriptor); };
    const turns = async () => { for (let turn = 0; turn < 500; turn += 1) await new Promise(setImmediate); };
    const isThere = (pid) => { try { return process.kill(pid, 0); } catch { return false; } };
    ${body}
    process.stdout.write(JSON.stringify(said));
  `;
  const argv = [process.execPath, '--input-type=module-typescript', '-e', program];
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...argv]);
  return JSON.parse(stdout);
}

test('all jobs that scan their processes at the same time share one scan of /proc', async () => {
  const looks = Array.from({ length: 200 }, () => nextScan({ leader: undefined, startTime: 0 }));
  expect(new Set(await Promise.all(looks)).size).toBe(1);
});

test('a hundred jobs without cgroups end at once with few open files, each by TERM', async () => {
  const said = await runWith(
    400,
    `const jobs = await Promise.all(Array.from({ length: 100 }, () => startProcess({ argv: ['sleep', '600'], containment: 'none' })));
     const results = await Promise.all(jobs.map((job) => job.stop({ graceMs: 1e6 })));
     const said = results.map(({ signal, cancelled, survivors }) => [signal, cancelled, survivors.length].join(' '));`,
  );
  expect(said).toEqual(Array.from({ length: 100 }, () => 'SIGTERM true 0'));
});

for (const [containment, few] of [
  ['detect', 0],
  ['none', 0],
  ['none', 2],
] as const) {
  test(`a job ends even if only ${few} files can be opened, and its end waits until all its processes can be seen, containment ${containment}`, async () => {
    const said = await runWith(
      128,
      `const script = 'setsid sh -c "trap : TERM; echo \\\\$\\\\$; while :; do sleep 1; done" & wait';
       const job = await startProcess({ argv: ['sh', '-c', script], containment: '${containment}', graceMs: 1e6 });
       let pid = 0;
       for await (const { data } of job.output()) { pid = Number(data); break; }
       takeAll();
       for (let count = 0; count < ${few}; count += 1) closeSync(open.pop());
       let isOver = false;
       const stopped = job.stop().finally(() => { isOver = true; });
       while (isThere(job.pid)) await turns();
       await turns();
       const before = isOver;
       giveBack();
       void job.stop({ graceMs: 0 });
       const { signal, survivors } = await stopped;
       const said = { before, signal, survivors, pid };`,
    );
    expect(said).toMatchObject({ before: false, signal: 'SIGTERM', survivors: [] });
    const { pid } = said as { pid: number };
    expect(pid).toBeGreaterThan(0);
    expect(isRunning(pid)).toBe(false);
  });
}

test('a process that was seen before is killed even if no file can be opened any more', async () => {
  const said = await runWith(
    128,
    `const script = 'setsid sh -c "trap \\\\"\\\\" TERM; echo \\$\\$; exec sleep 600" & wait';
     const job = await startProcess({ argv: ['sh', '-c', script], containment: 'none', graceMs: 1e6 });
     let pid = 0;
     for await (const { data } of job.output()) { pid = Number(data); break; }
     const stopped = job.stop();
     while (isThere(job.pid)) await turns();
     takeAll();
     void job.stop({ graceMs: 0 });
     while (isThere(pid)) await turns();
     giveBack();
     const { signal } = await stopped;
     const said = { signal, isPid: pid > 0 };`,
  );
  expect(said).toEqual({ signal: 'SIGTERM', isPid: true });
});

test('a process that was never seen and ignores TERM is killed even if no file can be opened', async () => {
  const said = await runWith(
    128,
    `const script = 'trap "" TERM; echo up; while :; do sleep 1; done';
     const job = await startProcess({ argv: ['sh', '-c', script], containment: 'none' });
     for await (const _ of job.output()) break;
     takeAll();
     const stopped = job.stop({ graceMs: 0 });
     while (isThere(job.pid)) await turns();
     giveBack();
     const { signal, cancelled } = await stopped;
     const said = { signal, cancelled };`,
  );
  expect(said).toEqual({ signal: 'SIGKILL', cancelled: true });
});

test('a start without a free file descriptor is refused as such, and does not affect later ones', async () => {
  const said = await runWith(
    128,
    `takeAll();
     const refused = await startProcess({ argv: ['true'] }).catch(({ code }) => code);
     giveBack();
     const job = await startProcess({ argv: ['true'] });
     const { exitCode } = await job.exited;
     const said = { refused, exitCode, containment: job.status().containment.kind };`,
  );
  const { containment } = await processSupport();
  expect(said).toEqual({ refused: 'cannot_fork', exitCode: 0, containment: containment.kind });
});
