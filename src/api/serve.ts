import type { Socket } from 'node:net';
import type { JobService } from '../plugin/job-service.ts';
import { type ApiLimits, apiLimits } from './api-limits.ts';
import { ownName } from './caller.ts';
import type { Http } from './http.ts';
import { listenAt } from './listen-at.ts';
import type { SocketPaths } from './socket-paths.ts';

/**
 * Serves the API on two sockets until it is disposed of: then calls in progress end with `unavailable`. The code for
 * HTTP is loaded for the first connection.
 * @throws SignalboxError `cannot_bind`
 */
export async function serveApi(
  service: JobService,
  paths: SocketPaths,
  limits: ApiLimits = apiLimits,
): Promise<AsyncDisposable> {
  const { maxConnections } = limits;
  await using opening = new AsyncDisposableStack();
  const sockets = new Set<Socket>();
  let loading: Promise<Http> | undefined;
  const load = () => {
    loading ??= import('./http.ts').then(({ createHttp }) => createHttp(service, { name: ownName(), limits }));
    // For example, no file descriptor is left. The next connection tries again.
    loading.catch(() => (loading = undefined));
    return loading;
  };
  const take = (protocol: 'connect' | 'grpc') => async (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    try {
      const http = await load();
      if (socket.destroyed) return;
      http[protocol](socket);
      socket.resume();
    } catch {
      socket.destroy();
    }
  };
  opening.defer(async () => {
    await (await loading?.catch(() => undefined))?.end();
    for (const socket of sockets) socket.destroy();
  });
  opening.use(await listenAt(paths.connect, { maxConnections, onConnection: take('connect') }));
  opening.use(await listenAt(paths.grpc, { maxConnections, onConnection: take('grpc') }));
  return opening.move();
}
