import { type Context, Router } from 'zeromq';
import type { Handshake } from './curve.ts';
import { receiveLoop } from './receive-loop.ts';
import { encodeZ85 } from './z85.ts';

/** One domain is enough: each listener with keys has its own context with its own handler. */
export const zapDomain = 'signalbox';

/**
 * Answers the requests of libzmq whether a handshake is allowed (ZAP, ZeroMQ RFC 27), for the sockets of one context.
 * libzmq denies handshakes that it does not answer, and those after it was closed.
 */
export async function serveZap(
  context: Context,
  authenticate: (handshake: Handshake) => boolean | Promise<boolean>,
  domain = zapDomain,
): Promise<AsyncDisposable> {
  const socket = new Router({ context, linger: 0, sendTimeout: 0 });
  await socket.bind('inproc://zeromq.zap.01');

  async function answer(parts: readonly Buffer[]): Promise<void> {
    const [peer, delimiter, version, requestId, asked, address, , mechanism, key] = parts;
    if (!peer || !delimiter || !version || !requestId) return;
    const isOurs = version.toString() === '1.0' && asked?.toString() === domain && mechanism?.toString() === 'CURVE';
    let status = '400';
    if (isOurs && key?.length === 32) {
      const handshake = { publicKey: encodeZ85(key), address: address?.toString() ?? '' };
      status = await Promise.resolve(handshake)
        .then(authenticate)
        .then(
          (allowed) => (allowed === true ? '200' : '400'),
          () => '500',
        );
    }
    await socket.send([peer, delimiter, version, requestId, status, '', '', '']);
  }

  const answering = receiveLoop(socket, (parts) => {
    // Not awaited: a slow answer must not delay others.
    answer(parts).catch(() => {});
    return undefined;
  });
  return {
    async [Symbol.asyncDispose]() {
      socket.close();
      await answering;
    },
  };
}
