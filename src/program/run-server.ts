import type { Host } from '../host/host.ts';
import type { Server } from '../index.ts';
import type { Builtin } from '../plugin/builtin.ts';
import { clientsReady } from './clients-ready.ts';
import { leftoverAdvice } from './leftover-advice.ts';
import { runShell, type Shown } from './run-shell.ts';
import type { ServerCommandOptions } from './server-options.ts';
import { spawnedNames } from './spawned-clients.ts';

/** Maximum time that the first typed command waits for the clients of `--spawn`. */
const ownClientsMs = 10_000;

interface RunOptions {
  readonly options: ServerCommandOptions;
  readonly host: Host;
  /** The lines of a script; undefined for `-c` and at a prompt. */
  readonly input: AsyncIterable<Uint8Array> | undefined;
  /** Builtins of plug-ins. */
  readonly builtins: readonly Builtin[];
}

/** Runs the script or the prompt of a server, and prints the summary. @returns the exit code */
export function runServer(
  { server, ...shown }: Shown & { readonly server: Server },
  { options, host, input, builtins }: RunOptions,
): Promise<number> {
  const { spawn = 0, insecure = false, waitClients, connectTimeout } = options;
  const isSpawned = (client: string) => spawnedNames(spawn).includes(client);
  const wanted = {
    count: waitClients ?? Math.max(1, spawn),
    timeoutMs: connectTimeout,
    onWait: (text: string) => shown.open.output.status(text),
  };
  return runShell(shown, {
    ...{ service: server, options, host, input, builtins },
    clientsReady: (halt) => (shown.open.prompt ? spawnedHere(server, spawn, halt) : clientsReady(server, wanted, halt)),
    advice: (jobs) => leftoverAdvice(jobs, { endpoint: server.endpoint, keys: options.keys, insecure, isSpawned }),
    async farewell() {
      const { length: running } = await server.list({ state: 'running' });
      const fate = spawn > 0 ? 'they end with' : 'they continue on';
      return running > 0 ? `still running: ${running}; ${fate} their clients` : undefined;
    },
  });
}

/** At a prompt: waits for the clients that it has just started; does not fail without them. */
async function spawnedHere(server: Server, count: number, halt: AbortSignal): Promise<void> {
  const either = AbortSignal.any([halt, AbortSignal.timeout(ownClientsMs)]);
  await server.waitForClients(count, { signal: either }).catch(() => {});
}
