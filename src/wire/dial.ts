import { Dealer } from 'zeromq';
import { type ErrorCode, limits, SignalboxError } from '../../schemas/index.ts';
import { systemCode, wordsOf } from '../process/system-error.ts';
import { untilAborted } from '../until-aborted.ts';
import { plainContext } from './context.ts';
import type { ClientKeys } from './curve.ts';
import { receiveLoop } from './receive-loop.ts';
import { type Lookup, resolveForDialling } from './resolve.ts';
import { socketOptions } from './socket-options.ts';
import { whyUnreachable } from './why-unreachable.ts';

/** libzmq reports that it will reconnect at the same moment as the disconnect; this bounds the wait for that report. */
const retryToldMs = 500;

export interface Connection extends AsyncDisposable {
  /**
   * Delivers frames as they arrive, until the connection ends or is closed; undefined for a message of several parts. If
   * `take` returns a promise, the next frame is read only after that settles.
   * @throws SignalboxError `bad_message` if libzmq dropped the connection because of the data it received.
   */
  receive(take: (frame: Buffer | undefined) => Promise<void> | undefined): Promise<void>;
  /** Rejects with code `EAGAIN` if the server is slow or gone. */
  send(frame: Buffer): Promise<void>;
  /** Closes. Data that was sent has up to `lingerMs` to leave this machine. */
  close(lingerMs: number): void;
}

/**
 * Opens one connection of a DEALER. It ends with its TCP connection and is never reused, so that nothing of an old
 * session can arrive in a new one. Each address of a name is tried in turn. The caller decides whether and when to dial
 * again.
 * @throws SignalboxError `cannot_connect`; `not_allowed` if the server refuses the key; `closed` if `signal` aborts.
 */
export async function dial(
  endpoint: string,
  signal: AbortSignal,
  keys?: ClientKeys,
  lookup?: Lookup,
): Promise<Connection> {
  // A name server that does not answer must not delay an abort.
  const addresses = await untilAborted(resolveForDialling(endpoint, lookup), signal);
  if (!addresses) throw closedWhileConnecting();
  const failures: SignalboxError[] = [];
  for (const address of addresses) {
    try {
      return await dialAddress(address, endpoint, signal, keys);
    } catch (cause) {
      failures.push(SignalboxError.from(cause, 'cannot_connect'));
    }
  }
  // A refusal by a server is more informative than an address that does not answer.
  throw failures.find(({ code }) => code !== 'cannot_connect') ?? failures[0];
}

async function dialAddress(
  address: string,
  endpoint: string,
  signal: AbortSignal,
  keys: ClientKeys | undefined,
): Promise<Connection> {
  const socket = new Dealer({
    context: plainContext,
    immediate: true,
    ipv6: address.includes('['),
    // Longer than this connection is used after a disconnect, so libzmq never reconnects by itself.
    reconnectInterval: 60_000,
    ...socketOptions,
    ...(keys && {
      curveServerKey: keys.serverKey,
      curvePublicKey: keys.publicKey,
      curveSecretKey: keys.secretKey,
    }),
  });
  let cutTimer: NodeJS.Timeout | undefined;
  let isCut = false;
  const close = (lingerMs: number) => {
    clearTimeout(cutTimer);
    if (socket.closed) return;
    socket.linger = lingerMs;
    socket.close();
  };
  const cut = () => {
    if (socket.closed) return;
    isCut = true;
    close(0);
  };
  // Registered before the handshake, so that a disconnect during it is not missed. libzmq gives no reason, but it does
  // not reconnect if it dropped the connection itself, for a frame that is too long or bytes that are not ZeroMQ.
  socket.events.on('disconnect', () => {
    // If this process was stopped, the next turn first reads the pending events of libzmq and then runs its immediates.
    cutTimer = setTimeout(() => setImmediate(cut), retryToldMs);
  });
  socket.events.on('connect:retry', () => {
    if (cutTimer) close(0);
  });
  try {
    await opened(socket, { address, endpoint, signal, keyed: keys !== undefined });
  } catch (cause) {
    close(0);
    throw cause;
  }
  return {
    async receive(take) {
      await receiveLoop(socket, (parts) => take(parts.length === 1 ? parts[0] : undefined));
      if (isCut) throw cutHere();
    },
    send(frame) {
      try {
        return socket.send(frame);
      } catch (error) {
        // A closed socket throws at once.
        return Promise.reject(error);
      }
    },
    close,
    async [Symbol.asyncDispose]() {
      close(0);
    },
  };
}

/**
 * Key mismatches fail nondeterministically, so both share one message.
 */
const otherKeys = (keyed: boolean): string =>
  keyed
    ? 'it closed the connection: it has no keys, or other keys than these credentials expect; start it with --keys, or use its credentials'
    : 'it closed the connection; if it has keys, add --credentials FILE';

const cutHere = () =>
  new SignalboxError(
    'bad_message',
    `this side dropped the connection: the server sent more than ${limits.maxTransportBytes} bytes in a frame, or no ZeroMQ`,
  );

const closedWhileConnecting = () => new SignalboxError('closed', 'closed while connecting');

/** Resolves when the ZMTP handshake has succeeded; rejects if the first attempt fails. */
function opened(
  socket: Dealer,
  { address, endpoint, signal, keyed }: { address: string; endpoint: string; signal: AbortSignal; keyed: boolean },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (why: string, code: ErrorCode = 'cannot_connect') =>
    reject(new SignalboxError(code, `cannot reach ${endpoint}: ${why}`));
  const timer = setTimeout(() => fail('no answer'), limits.handshakeMs * 2);
  const aborted = () => reject(closedWhileConnecting());
  signal.addEventListener('abort', aborted, { once: true });
  socket.events.on('handshake', () => resolve());
  let hasConnected = false;
  socket.events.on('connect', () => {
    hasConnected = true;
  });
  // Also emitted after a connection has ended.
  socket.events.on('connect:retry', () => {
    if (!hasConnected) void whyUnreachable(address).then((why) => fail(why));
  });
  socket.events.on('disconnect', () => fail('the connection was closed'));
  socket.events.on('handshake:error:protocol', ({ error }) => {
    fail(error.code === 'ERR_ZMTP_MECHANISM_MISMATCH' ? otherKeys(keyed) : 'it does not use ZeroMQ');
  });
  socket.events.on('handshake:error:auth', ({ error }) => {
    // Status 400 is a refusal (ZAP, ZeroMQ RFC 27); 300 and 500 mean that the server could not check.
    if (error.status !== 400) fail('it could not check these credentials');
    else fail('it does not accept these credentials: they were not added yet, or were revoked', 'not_allowed');
  });
  socket.events.on('handshake:error:other', ({ error }) => {
    const hungUp = ['EPIPE', 'ECONNRESET'].includes(systemCode(error) ?? '');
    fail(hungUp ? otherKeys(keyed) : 'the handshake was not answered');
  });
  try {
    if (signal.aborted) aborted();
    else socket.connect(address);
  } catch (error) {
    fail(wordsOf(error));
  }
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
  });
}
