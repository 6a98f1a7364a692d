import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { LinkProxy } from '../../support/proxy.ts';

export const defaultSocket = '/var/run/docker.sock';

/**
 * A line to an engine that can be made to fail: connections that this process opens meanwhile find the engine there.
 */
export interface EngineLink extends AsyncDisposable {
  readonly link: LinkProxy;
  /** For `DOCKER_HOST`. */
  readonly host: string;
}

/** @param socket of the engine. Default: that of this machine. */
export async function openEngineLink(socket = defaultSocket): Promise<EngineLink> {
  await using stack = new AsyncDisposableStack();
  const sockets = new Set<Socket>();
  const bridge = createServer((incoming) => {
    const outgoing = new (incoming.constructor as typeof Socket)().connect(socket);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => {});
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(bridge, 'listening');
  stack.defer(async () => {
    for (const one of sockets) one.destroy();
    bridge.close();
    await once(bridge, 'close');
  });
  const link = stack.use(await LinkProxy.start((bridge.address() as AddressInfo).port));
  const host = `tcp://127.0.0.1:${link.port}`;
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = host;
  stack.defer(() => {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  });
  const kept = stack.move();
  return { link, host, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
