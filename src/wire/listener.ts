import { randomBytes } from 'node:crypto';
import { Context, capability, Router } from 'zeromq';
import { limits, SignalboxError } from '../../schemas/index.ts';
import { plainContext } from './context.ts';
import type { ServerKeys } from './curve.ts';
import { isIpcInUse } from './ipc-in-use.ts';
import { ownedPath, refuseOtherFile } from './ipc-path.ts';
import { resolveForListening } from './resolve.ts';
import { serveZap } from './zap.ts';

/** One domain is enough: each listener with keys has a context, and in it a handler, of its own. */
const zapDomain = 'signalbox';

/** What ROUTER delivers as the last frame of a connection that has ended. Random: no peer can send it. */
const disconnected = randomBytes(16);

class ServerSocket extends Router {
  /** ZMQ_DISCONNECT_MSG, a draft option of libzmq 4.3 that zeromq.js has no name for. */
  set disconnectMessage(value: Buffer) {
    this.setStringOption(111, value);
  }
}

/** One message from one peer. `parts` is undefined where the peer's connection has ended. */
export interface Arrival {
  readonly peer: string;
  readonly parts: readonly Buffer[] | undefined;
}

export interface Listener extends AsyncDisposable {
  /** Where it listens in fact: port `*` has become a number. */
  readonly endpoint: string;
  /** Messages as they come, until it is closed. */
  arrivals(): AsyncGenerator<Arrival>;
  /** Rejects with code `EAGAIN` where the peer is slow and `EHOSTUNREACH` where it is gone. */
  send(peer: string, frame: Buffer): Promise<void>;
}

/**
 * A ROUTER that listens; with keys, to those alone that they let in.
 * @throws SignalboxError `cannot_bind`, naming the address.
 */
export async function listen(endpoint: string, keys?: ServerKeys): Promise<Listener> {
  if (keys && !capability.draft) {
    // Without the notice of a connection's end a raw peer could claim a departed routing id and inherit its session.
    throw new SignalboxError('cannot_bind', 'keys need a libzmq with its draft API, and this one has none');
  }
  if (await isIpcInUse(endpoint)) {
    throw new SignalboxError('cannot_bind', `cannot listen on ${endpoint}: address already in use`);
  }
  const address = await resolveForListening(endpoint);
  const context = keys ? new Context() : plainContext;
  const socket = new ServerSocket({
    context,
    mandatory: true,
    handover: false,
    linger: 0,
    sendTimeout: 0,
    sendHighWaterMark: 256,
    receiveHighWaterMark: 256,
    maxMessageSize: limits.maxMessageBytes,
    handshakeInterval: limits.handshakeMs,
    // For connections whose host is gone: sessions end by our own heartbeats long before, and each of these costs as much.
    heartbeatInterval: 30_000,
    backlog: 1024,
    ipv6: address.includes('['),
  });
  if (capability.draft) socket.disconnectMessage = disconnected;
  let zap: AsyncDisposable | undefined;
  try {
    if (keys) {
      socket.curveServer = true;
      socket.curvePublicKey = keys.publicKey;
      socket.curveSecretKey = keys.secretKey;
      // Both: with either missing libzmq lets in whom no handler has answered for.
      socket.zapDomain = zapDomain;
      socket.zapEnforceDomain = true;
      zap = await serveZap(context, zapDomain, (handshake) => keys.authenticate(handshake));
    }
    refuseOtherFile(endpoint);
    await socket.bind(address);
  } catch (cause) {
    socket.close();
    await zap?.[Symbol.asyncDispose]();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SignalboxError('cannot_bind', `cannot listen on ${endpoint}: ${why.toLowerCase()}`, { cause });
  }
  const removePath = ownedPath(endpoint);
  // Closing gives the address back a moment later.
  const addressFree = new Promise<void>((resolve) => socket.events.on('close', () => resolve()));
  return {
    endpoint: socket.lastEndpoint ?? endpoint,
    async *arrivals() {
      for await (const [peer, ...parts] of socket) {
        const ended = parts.length === 1 && parts[0]?.equals(disconnected);
        if (peer) yield { peer: peer.toString('latin1'), parts: ended ? undefined : parts };
      }
    },
    // Async, for a closed socket throws at once.
    send: async (peer, frame) => socket.send([Buffer.from(peer, 'latin1'), frame]),
    async [Symbol.asyncDispose]() {
      removePath();
      socket.close();
      await addressFree;
      await zap?.[Symbol.asyncDispose]();
    },
  };
}
