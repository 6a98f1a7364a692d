import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a command.
 * @returns what it prints. Rejects with its stderr if its exit code is not 0, or after 10 minutes.
 */
export async function output(...[file = '', ...args]: string[]): Promise<string> {
  const { stdout } = await run(file, args, { cwd: root, maxBuffer: 64 * 1024 * 1024, timeout: 600_000 });
  return stdout.trim();
}

export const docker = (...args: string[]) => output('docker', ...args);

/** One field of a container or image, as `docker inspect --format` finds it. */
export const inspect = (what: string, format: string) => docker('inspect', '--format', `{{${format}}}`, what);

/** Signals the process of a container without the engine, which would treat `docker kill` as a requested stop. */
export async function signalFromOutside(container: string, signal: NodeJS.Signals): Promise<void> {
  const pid = Number(await inspect(container, '.State.Pid'));
  if (isHere(container, pid)) {
    process.kill(pid, signal);
    return;
  }
  const flags = ['--rm', '--network', 'none', '--pid', 'host', '--user', 'root', '--entrypoint', 'sh'];
  await docker('run', ...flags, 'signalbox-server', '-c', `kill -${signal.slice(3)} ${pid}`);
}

/** Whether it is a process of this machine that this user may signal: the engine may run in its own machine. */
function isHere(container: string, pid: number): boolean {
  try {
    return process.getuid?.() === 0 && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(container);
  } catch {
    return false;
  }
}
