import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { clushVersion, SshHosts } from '../contenders/ssh-hosts.ts';
import type { Plan } from '../plan.ts';
import { Daemon } from '../programs/daemon.ts';
import { Samples } from '../report/rows.ts';

const program = fileURLToPath(new URL('../../../dist/src/bin.js', import.meta.url));

/**
 * One command to some clients from a shell, as a whole process: `attach -c` to a running server, and clush over open
 * ssh connections. Without clush it is not measured.
 */
export async function measureAttach(plan: Plan, samples: Samples): Promise<void> {
  if (clushVersion() === undefined) {
    process.stderr.write('attach is not measured: there is no clush, or no sshd\n');
    return;
  }
  await using stack = new AsyncDisposableStack();
  const hosts = stack.use(await SshHosts.start(plan.processes));
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-attach-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const server = ['server', '--headless', '--store', 'memory', '--bind', `ipc://${folder}/box`, '--socket-dir', folder];
  const daemon = stack.use(new Daemon([process.execPath, program, ...server, '--spawn', String(plan.processes)]));
  await daemon.listens({ path: join(folder, 'box') });
  const attach = [process.execPath, program, 'attach', '--socket-dir', folder];
  await run([...attach, '--wait-clients', String(plan.processes), '-c', '@all start']);
  const commands = { clush: hosts.command, dist: [...attach, '-c', '@all ping'] };
  for (let round = -plan.startWarmUps - 1; round < plan.startRounds; round += 1) {
    for (const who of ['clush', 'dist'] as const) {
      const { ms, cpuMs } = await run(commands[who]);
      (round < 0 ? new Samples() : samples).addAll({ attach: ms, attachCpu: cpuMs }, plan.processes, who);
    }
  }
}

/** Wall time of a command, and processor time of it and of all children that it waited for. */
async function run(command: readonly string[]): Promise<{ ms: number; cpuMs: number }> {
  const beganMs = performance.now();
  const script = '"$@" >&2 || exit; times';
  const shell = spawn('/bin/sh', ['-c', script, 'sh', ...command], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [times, [code]] = await Promise.all([text(shell.stdout), once(shell, 'exit')]);
  const ms = performance.now() - beganMs;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  // Of the shell, then of its children: user and system.
  const seconds = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(([, min, s]) => Number(min) * 60 + Number(s));
  const [user = Number.NaN, system = Number.NaN] = seconds.slice(2);
  return { ms, cpuMs: (user + system) * 1_000 };
}
