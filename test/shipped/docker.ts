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

/** Compose, as it is called here. SIGNALBOX_TEST_COMPOSE chooses where both are installed. */
export const compose = (
  process.env.SIGNALBOX_TEST_COMPOSE ?? (works('docker', 'compose', 'version') ? 'docker compose' : 'docker-compose')
).split(' ');

// A project of its own, which shares nothing with what runs here else.
export const project = `signalbox-test-${process.pid}`;
process.env.COMPOSE_PROJECT_NAME = project;

/** Runs a command; what it prints. Rejects with what it wrote to stderr when its exit code is not 0, or after 10 minutes. */
export async function output(...[file = '', ...args]: string[]): Promise<string> {
  const { stdout } = await run(file, args, { cwd: root, maxBuffer: 64 * 1024 * 1024, timeout: 600_000 });
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
