import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../..', import.meta.url));

function works(file: string, ...args: string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Why these tests cannot run here, if so. */
export const missing = !works('docker', 'info')
  ? 'there is no Docker engine'
  : works('docker', 'compose', 'version') || works('docker-compose', 'version')
    ? undefined
    : 'there is no Compose';

/** Compose with a project of its own, which shares nothing with what runs here else. */
export const compose = [
  ...(works('docker', 'compose', 'version') ? ['docker', 'compose'] : ['docker-compose']),
  ...[
    '--project-name',
    `signalbox-test-${process.pid}`,
    '--project-directory',
    root,
    '-f',
    `${root}docker-compose.yml`,
  ],
];

/** Runs a command; what it prints. Rejects when its exit code is not 0. */
export async function output(...[file = '', ...args]: string[]): Promise<string> {
  const { stdout } = await run(file, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

export const docker = (...args: string[]) => output('docker', ...args);

/** One field of a container or image, as `docker inspect --format` finds it. */
export const inspect = (what: string, format: string) => docker('inspect', '--format', `{{${format}}}`, what);

/** Signals the process of a container past the engine, which would take `docker kill` for a stop that is wanted. */
export async function signalFromOutside(container: string, signal: string): Promise<void> {
  const pid = await inspect(container, '.State.Pid');
  const flags = ['--rm', '--network', 'none', '--pid', 'host', '--user', 'root', '--entrypoint', 'sh'];
  await docker('run', ...flags, 'signalbox-server', '-c', `kill -${signal} ${pid}`);
}
