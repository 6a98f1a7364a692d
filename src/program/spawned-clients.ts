import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Sink } from '../host/sink.ts';

/** `terminate` of a client takes 7.5 s at most: 5 s for its jobs, 2 s for acks, 0.5 s for its socket. */
const patienceMs = 8_000;

export const spawnedNames = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${index + 1}`);

/**
 * Starts `count` clients, `w1` to `wN`, as child processes. Their standard output is not shown: it arrives as output of
 * their jobs. Their diagnostics go to `stderr`, each line with its client's name. They end when their standard input
 * does, so also when this process dies.
 */
export function spawnClients(
  count: number,
  options: {
    self: readonly string[];
    endpoint: string;
    stderr: Sink;
    env: NodeJS.ProcessEnv;
    /** Where they export spans. */
    traces: string | undefined;
    /** The arguments and the environment with which they load the plug-ins of this server. */
    plugins: { readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv } | undefined;
  },
) {
  const [program = '', ...args] = options.self;
  // These variables are for the server.
  const {
    SIGNALBOX_HEALTH: _health,
    SIGNALBOX_LOG: _log,
    SIGNALBOX_CREDENTIALS: _credentials,
    SIGNALBOX_TRACES: _traces,
    SIGNALBOX_PLUGINS: _plugins,
    SIGNALBOX_CONFIG: _config,
    // May contain a password.
    SIGNALBOX_STORE: _store,
    ...rest
  } = options.env;
  // Not an argument: it may contain a password, and everybody can read arguments.
  const env = {
    ...rest,
    ...options.plugins?.env,
    ...(options.traces !== undefined && { SIGNALBOX_TRACES: options.traces }),
  };
  const children = spawnedNames(count).map((name) => {
    const flags = ['client', '--connect', options.endpoint, '--name', name, '--until-stdin-ends', '--quiet'];
    // Nobody else can be the server at a private endpoint, so they allow every command.
    flags.push('--allow-all', ...(options.plugins?.args ?? []));
    // A separate process group: Ctrl-C at the terminal is for the server, which then ends its clients in order.
    const child = spawn(program, [...args, ...flags], { stdio: ['pipe', 'ignore', 'pipe'], detached: true, env });
    child.stdin?.on('error', () => {});
    // Without free descriptors there are no pipes.
    if (child.stderr) {
      const lines = createInterface({ input: child.stderr });
      lines.on('line', (line) => void options.stderr.write(`${name}: ${line}\n`));
    }
    child.on('error', (error) => void options.stderr.write(`${name} could not be started: ${error.message}\n`));
    return child;
  });
  return {
    /** Ends them all and waits. Those that do not end in time are killed and named. */
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all(children.map((child, index) => end(child, `w${index + 1}`, options.stderr)));
    },
  };
}

async function end(child: ChildProcess, name: string, stderr: Sink): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  const timer = setTimeout(() => {
    void stderr.write(`${name} (pid ${child.pid}) did not end in ${patienceMs / 1000} s and was killed\n`);
    child.kill('SIGKILL');
  }, patienceMs);
  await exited;
  clearTimeout(timer);
}
