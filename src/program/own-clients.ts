import type { Host } from '../host/host.ts';
import { createPrivateEndpoint } from './private-endpoint.ts';
import type { ServerCommandOptions } from './server-options.ts';
import { spawnClients } from './spawned-clients.ts';

/** The clients of `--spawn`, and the endpoint of their server. Disposing ends them, then removes the endpoint. */
export interface OwnClients extends AsyncDisposable {
  readonly endpoint: string;
  /** Starts them once. They retry until the server listens. */
  start(): void;
  /** Ends those that were started. */
  end(): Promise<void>;
}

/** @throws SignalboxError `cannot_bind` */
export async function prepareOwnClients(
  { spawn = 0, traces, plugins }: ServerCommandOptions,
  host: Host,
): Promise<OwnClients | undefined> {
  if (spawn === 0) return undefined;
  const own = await createPrivateEndpoint();
  const { endpoint } = own;
  let clients: ReturnType<typeof spawnClients> | undefined;
  let ended: Promise<void> | undefined;
  const end = () => {
    ended ??= clients?.[Symbol.asyncDispose]();
    return ended ?? Promise.resolve();
  };
  return {
    endpoint,
    start() {
      clients ??= spawnClients(spawn, { ...host, endpoint, traces, plugins: plugins?.handed });
    },
    end,
    async [Symbol.asyncDispose]() {
      await end();
      await own[Symbol.asyncDispose]();
    },
  };
}
