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

/** That it dials again libzmq tells in the same moment as the end. */
const retryToldMs = 500;

export interface Connection extends AsyncDisposable {
  /**
   * Hands over frames as they come, until the connection ends or is closed: undefined for a message of several parts.
   * Where `take` returns a promise, nothing more is read before that settles.
   * @throws SignalboxError `bad_message` where libzmq has cut the connection for what it received.
   */
  receive(take: (frame: Buffer | undefined) => Promise<void> | undefined): Promise<void>;
  /** Rejects with code `EAGAIN` where the server is slow or gone. */
  send(frame: Buffer): Promise<void>;
  /** Closes, giving what was sent up to `lingerMs` to leave this machine. */
  close(lingerMs: number): void;
}

/**
 * One connection of a DEALER: it ends with its TCP connection and is never used again, so that nothing of an old
 * session can arrive in a new one. Each address of a name is tried in turn. Dialling again, and when, is the caller's
 * business.
 * @throws SignalboxError `cannot_connect`, `not_allowed` where the server refuses the key, `closed` where `signal`
 * aborts.
 */
export async function dial(
  endpoint: string,
  signal: AbortSignal,
  keys?: ClientKeys,
  lookup?: Lookup,
): Promise<Connection> {
  // A name server that does not answer must not delay the end.
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
  // An answer from a server says more than an address without one.
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
    // Longer than a connection is tried here: after its end nothing is dialled behind our back.
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
  // Before the handshake: an end that comes with it must not be missed. libzmq tells no reason, but after one of its own,
  // a frame that is too long or bytes that are no ZeroMQ, it does not dial again.
  socket.events.on('disconnect', () => {
    // After a pause of this process the next turn reads what libzmq has told meanwhile, then runs its immediates.
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
    ? 'it hung up: it has no keys, or not the one that these credentials say; start it with --keys, or use its own credentials'
    : 'it hung up; if it has keys, give --credentials FILE';

const cutHere = () =>
  new SignalboxError(
    'bad_message',
    `the connection was cut here: the server sent a frame of more than ${limits.maxTransportBytes} bytes, or no ZeroMQ`,
  );

const closedWhileConnecting = () => new SignalboxError('closed', 'closed while connecting');

/** Settles when the ZMTP handshake has succeeded or the first attempt has failed. */
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
    fail(error.code === 'ERR_ZMTP_MECHANISM_MISMATCH' ? otherKeys(keyed) : 'it does not speak ZeroMQ');
  });
  socket.events.on('handshake:error:auth', ({ error }) => {
    // 400 is a refusal (ZAP, RFC 27); 300 and 500 say that it could not find out.
    if (error.status !== 400) fail('it could not check these credentials');
    else fail('it does not know these credentials: not added yet, or revoked', 'not_allowed');
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
