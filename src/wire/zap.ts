import { type Context, Router } from 'zeromq';
import type { Handshake } from './curve.ts';
import { receiveLoop } from './receive-loop.ts';
import { encodeZ85 } from './z85.ts';

/** One domain is enough: each listener with keys has a context, and in it a handler, of its own. */
export const zapDomain = 'signalbox';

/**
 * Answers libzmq's question whether a handshake may succeed (ZAP, RFC 27), for the sockets of one context. What is
 * asked while it is closed, and what it does not answer, is kept out by libzmq itself.
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
    // Not awaited: one slow answer keeps no other waiting.
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
