import { execFile, spawn } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startProcess } from '../../src/process/index.ts';
import { prepareLaunch } from '../../src/process/launcher.ts';
import { spawnProgram } from '../../src/process/spawn-program.ts';
import { newFolder } from '../support/new-folder.ts';
import { start, startShell, text } from '../support/start-process.ts';

const library = JSON.stringify(new URL('../../src/process/index.ts', import.meta.url).href);
const node = (program: string, env: NodeJS.ProcessEnv = process.env) =>
  promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', program], { env });

test('an ended job keeps neither its program nor the signal of its caller', async () => {
  const abort = new AbortController();
  const job = await start({ argv: ['sleep', '600'], signal: abort.signal, timeoutMs: 1e9 });
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
  job.signal('SIGKILL');
  await job.exited;
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  const { stdout } = await node(`
    import { startProcess } from ${library};
    const job = await startProcess({ argv: ['true'], timeoutMs: 1e9 });
    const { exitCode } = await job.exited;
    process.stdout.write(String(exitCode));
  `);
  expect(stdout).toBe('0');
});

test('an abort at any moment of a start leaves nothing running', async () => {
  let isStarted = false;
  let cancelled = 0;
  for (let turns = 0; !isStarted; turns += 1) {
    const abort = new AbortController();
    const started = startProcess({ argv: ['sleep', '600'], signal: abort.signal, containment: 'none' });
    void started.then(
      () => {
        isStarted = true;
      },
      () => {},
    );
    for (let passed = 0; passed < turns; passed += 1) await turn();
    const abortedBefore: boolean = !isStarted;
    abort.abort(new Error('enough'));
    const job = await started.catch((error: Error) => error.message);
    if (typeof job === 'string') expect(job).toBe('enough');
    else {
      expect(await job.exited).toMatchObject({ cancelled: true, signal: 'SIGTERM' });
      await job[Symbol.asyncDispose]();
      cancelled += 1;
    }
    isStarted &&= !abortedBefore;
  }
  expect(cancelled).toBeGreaterThan(0);
});

test('a program without PATH in its environment is found where execvp searches', async () => {
  const job = await start({ argv: ['env'], env: {} });
  expect(await text(job)).toBe(`SIGNALBOX_JOB=${job.id}\n`);
});

test('failing input ends early; the program sees its end', async () => {
  async function* failing() {
    yield 'some';
    throw new Error('no more');
  }
  const job = await start({ argv: ['cat'], stdin: failing() });
  expect(await job.exited).toMatchObject({ exitCode: 0, signal: null });
  expect('some'.startsWith(await text(job))).toBe(true);
});

test('a cgroup that cannot be entered causes an error with its name', async () => {
  const launch = prepareLaunch(['true'], {}, { cgroups: ['/no/such/cgroup.procs'], openFiles: undefined });
  const { launched, exited } = await spawnProgram(launch, { cwd: '/', stdin: false });
  await expect(launched).rejects.toMatchObject({ code: 'cannot_start', message: 'cannot enter /no/such/cgroup.procs' });
  expect(await exited).toEqual({ exitCode: 125, signal: null });
});

test('pipes leave no file behind, and if none can be created a program runs anyway', async () => {
  const folder = newFolder();
  const program = `
    import { startProcess } from ${library};
    await using job = await startProcess({ argv: ['/bin/sh', '-c', 'echo said; test -p /dev/stdout'], outputDirectory: '/tmp' });
    const { exitCode } = await job.exited;
    for await (const { data } of job.output()) process.stdout.write(data);
    process.stdout.write(String(exitCode));
  `;
  const made = await node(program, { ...process.env, TMPDIR: folder });
  expect(made.stdout).toBe('said\n0');
  expect(await readdir(folder)).toEqual([]);
  const unmade = await node(program, { ...process.env, TMPDIR: join(folder, 'nothing') });
  expect(unmade.stdout).toBe('said\n1');
});

test('a signal to an ended job is not sent, because its pid may belong to another process', async () => {
  const job = await startShell('exit 0');
  await job.exited;
  const kill = vi.spyOn(process, 'kill');
  onTestFinished(() => void kill.mockRestore());
  job.signal('SIGTERM');
  await job.stop();
  expect(kill).not.toHaveBeenCalled();
});

const isRoot = process.getuid?.() === 0;
test.runIf(isRoot)('a process of another user, with an unreadable environment, delays no end', async () => {
  const program = `
    import { startProcess } from ${library};
    import { spawnSync } from 'node:child_process';
    process.setgid?.(65534);
    process.setuid?.(65534);
    const job = await startProcess({ argv: ['/bin/sh', '-c', 'echo $$; exec sleep 600'], containment: 'none', outputDirectory: '/tmp' });
    for await (const _ of job.output()) break;
    process.stdout.write('up');
    for await (const _ of process.stdin) break;
    const { signal } = await job.stop({ graceMs: 1e9 });
    process.stdout.write(signal);
  `;
  const client = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, TMPDIR: '/tmp' },
  });
  onTestFinished(() => void client.kill('SIGKILL'));
  let said = '';
  for await (const data of client.stdout) {
    said += data;
    // It starts after the job, so that it may be one of its processes.
    if (said === 'up') onTestFinished(startOther(client.stdin));
  }
  expect(said).toBe('upSIGTERM');
});

function startOther(stdin: NodeJS.WritableStream): () => void {
  const other = spawn('setsid', ['sleep', '600']);
  other.once('spawn', () => stdin.end('go'));
  return () => void other.kill();
}
