import { randomBytes } from 'node:crypto';
import { Context, capability, Dealer, context as plainContext, Router } from 'zeromq';
import { type ErrorCode, limits, SignalboxError } from '../../schemas/index.ts';
import type { ClientKeys, ServerKeys } from './curve.ts';
import { isIpcInUse } from './ipc-in-use.ts';
import { ownedPath, refuseOtherFile } from './ipc-path.ts';
import { serveZap } from './zap.ts';

// 1023 is too few for a test of thousands of clients in one process; each of them takes two.
plainContext.maxSockets = 16_384;

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
    ipv6: endpoint.includes('['),
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
    await socket.bind(endpoint);
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

export interface Connection extends AsyncDisposable {
  /** Frames as they come, until the connection ends or is closed. */
  frames(): AsyncGenerator<Buffer>;
  /** Rejects with code `EAGAIN` where the server is slow or gone. */
  send(frame: Buffer): Promise<void>;
  /** Closes, giving what was sent up to `lingerMs` to leave this machine. */
  close(lingerMs: number): void;
}

/**
 * One connection of a DEALER: it ends with its TCP connection and is never used again, so that nothing of an old
 * session can arrive in a new one. Dialling again, and when, is the caller's business.
 * @throws SignalboxError `cannot_connect`
 */
export async function dial(endpoint: string, signal: AbortSignal, keys?: ClientKeys): Promise<Connection> {
  const socket = new Dealer({
    immediate: true,
    ipv6: endpoint.includes('['),
    // Longer than a connection is tried here: after its end nothing is dialled behind our back.
    reconnectInterval: 60_000,
    linger: 0,
    sendTimeout: 0,
    sendHighWaterMark: 256,
    receiveHighWaterMark: 256,
    maxMessageSize: limits.maxMessageBytes,
    handshakeInterval: limits.handshakeMs,
    ...(keys && {
      curveServerKey: keys.serverKey,
      curvePublicKey: keys.publicKey,
      curveSecretKey: keys.secretKey,
    }),
  });
  const close = (lingerMs: number) => {
    if (socket.closed) return;
    socket.linger = lingerMs;
    socket.close();
  };
  // Before the handshake: an end that comes with it must not be missed.
  socket.events.on('disconnect', () => close(0));
  try {
    await opened(socket, endpoint, signal, keys !== undefined);
  } catch (cause) {
    close(0);
    throw SignalboxError.from(cause, 'cannot_connect');
  }
  return {
    async *frames() {
      for await (const [frame, ...rest] of socket) if (frame && rest.length === 0) yield frame;
    },
    send: async (frame) => socket.send(frame),
    close,
    async [Symbol.asyncDispose]() {
      close(0);
    },
  };
}

/**
 * Who expects other keys, or none, hangs up in the middle of the handshake. Whether its greeting was read before that is
 * chance: so there is one text for both, and a client that tries again and again says the same each time.
 */
const otherKeys = (keyed: boolean): string =>
  keyed
    ? 'it hung up: it has no keys, or not the one that these credentials say; start it with --keys, or use its own credentials'
    : 'it hung up; if it has keys, give --credentials FILE';

/** Settles when the ZMTP handshake has succeeded or the first attempt has failed. */
function opened(socket: Dealer, endpoint: string, signal: AbortSignal, keyed: boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (why: string, code: ErrorCode = 'cannot_connect') =>
    reject(new SignalboxError(code, `cannot reach ${endpoint}: ${why}`));
  const timer = setTimeout(() => fail('no answer'), limits.handshakeMs * 2);
  const aborted = () => reject(new SignalboxError('closed', 'closed while connecting'));
  signal.addEventListener('abort', aborted, { once: true });
  socket.events.on('handshake', () => resolve());
  socket.events.on('connect:retry', () => fail('nobody listens there'));
  socket.events.on('disconnect', () => fail('the connection was closed'));
  socket.events.on('handshake:error:protocol', ({ error }) => {
    fail(error.code === 'ERR_ZMTP_MECHANISM_MISMATCH' ? otherKeys(keyed) : 'it does not speak ZeroMQ');
  });
  socket.events.on('handshake:error:auth', ({ error }) => {
    // 400 is a refusal (ZAP, RFC 27); 300 and 500 say that it could not find out.
    if (error.status !== 400) fail('it could not check these credentials');
    else fail('it does not know these credentials: not added yet, or revoked', 'not_allowed');
  });
  socket.events.on('handshake:error:other', ({ error }) => {
    const hungUp = 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
    fail(hungUp ? otherKeys(keyed) : 'the handshake was not answered');
  });
  try {
    if (signal.aborted) aborted();
    else socket.connect(endpoint);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
  });
}
