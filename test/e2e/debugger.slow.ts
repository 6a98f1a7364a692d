import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { isRunning } from '../support/is-running.ts';
import { ChildProgram, Program } from '../support/program.ts';

/** TCP sockets that listen on this machine, as their files are called. */
function listening(): Set<string> {
  const rows = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n').slice(1));
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return new Set(fields.filter((row) => row[3] === '0A').map((row) => `socket:[${row[9]}]`));
}

function listensOnTcp(pid: number): boolean {
  const all = listening();
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return all.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false;
    }
  });
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

test('SIGUSR1 opens no debugger and ends nothing: server, client and watchdog', async () => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json');
  server.type('start', 'run sh -c "echo on; exec sleep 60"');
  await server.line(/"output".*on/);
  const pid = server.child.pid ?? 0;
  const [client = 0] = childrenOf(pid);
  const [watchdog = 0] = childrenOf(client).filter((one) =>
    /watchdog/.test(readFileSync(`/proc/${one}/cmdline`, 'utf8')),
  );
  // It ignores signals once it reads its pipe, which starts with its first job.
  const status = () => readFileSync(`/proc/${watchdog}/status`, 'latin1');
  await vi.waitFor(() => expect(status()).toMatch(/SigCgt:.*[2367abef]..$/m), { timeout: 30_000 });
  const all = [pid, client, watchdog];
  expect(all.map(isRunning)).toEqual([true, true, true]);
  for (const one of all) process.kill(one, 'SIGUSR1');
  // Another thread opens a debugger, at an unknown time; this takes longer.
  server.type('run sleep 0.5');
  await server.line(/"result".*"run"/);
  expect(all.map(isRunning)).toEqual([true, true, true]);
  expect(all.map(listensOnTcp)).toEqual([false, false, false]);
  server.end('cancel 2\nwait\n');
  expect(await server.exitCode()).toBe(0);
});

test('SIGUSR1 still ends a program that runs as a job', async () => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json', '--keep-going');
  server.type('start', 'run sh -c "echo up; exec sleep 60"');
  await server.line(/"output".*up/);
  server.end('signal 2 USR1\n');
  expect(await server.exitCode()).toBe(4);
  expect(server.about('result', 'run')).toMatchObject([{ outcome: 'failed', result: { signal: 'SIGUSR1' } }]);
});

test('a debugger that SIGUSR1 opened while the program was starting is closed', async () => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const early = `data:text/javascript,${encodeURIComponent("process.kill(process.pid, 'SIGUSR1'); await new Promise((done) => setTimeout(done, 200));")}`;
  await using server = new ChildProgram(process.execPath, ['--import', early, main, 'server', '--spawn', '1']);
  await server.line(/^Debugger listening/);
  server.type('start');
  await server.line(/start completed/);
  expect(listensOnTcp(server.child.pid ?? 0)).toBe(false);
});
