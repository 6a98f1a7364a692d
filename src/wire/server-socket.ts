import { randomBytes } from 'node:crypto';
import { type Context, capability, Router } from 'zeromq';
import { SignalboxError } from '../../schemas/index.ts';
import { wordsOf } from '../process/system-error.ts';
import type { ServerKeys } from './curve.ts';
import { isIpcInUse } from './ipc-in-use.ts';
import { underIpcLock } from './ipc-lock.ts';
import { ownedPath, refuseOtherFile } from './ipc-path.ts';
import { resolveForListening } from './resolve.ts';
import { socketOptions } from './socket-options.ts';
import { zapDomain } from './zap.ts';

/** The last frame that a ROUTER delivers of a connection that has ended. It is random, so no peer can send it. */
export const disconnected = randomBytes(16);

/**
 * The default of libzmq, 8,192, costs 11 KiB more per connection. Values below this one save nothing. The smaller buffer
 * costs no speed: a command fits into it, and larger frames bypass it.
 */
const batchBytes = 1_024;

/** Draft options of libzmq 4.3 that zeromq.js does not name. */
class ServerSocket extends Router {
  /** ZMQ_DISCONNECT_MSG */
  set disconnectMessage(value: Buffer) {
    this.setStringOption(111, value);
  }

  /** ZMQ_IN_BATCH_SIZE and ZMQ_OUT_BATCH_SIZE: the read and write buffers of each connection. */
  set batchBytes(value: number) {
    this.setInt32Option(101, value);
    this.setInt32Option(102, value);
  }

  /** ZMQ_ROUTER_NOTIFY with ZMQ_NOTIFY_CONNECT: an empty frame announces each connection. */
  set tellsConnections(value: boolean) {
    this.setInt32Option(97, value ? 1 : 0);
  }
}

export interface BoundSocket {
  readonly socket: Router;
  /** The actual endpoint: port `*` is replaced by a number. */
  readonly endpoint: string;
  /** Closes every connection. Resolves when the address is available again. */
  close(): Promise<void>;
}

/**
 * A ROUTER that listens. With keys, only clients that a ZAP handler in the same context allows can connect. It reports
 * the end of each connection and, with keys, its beginning.
 * @throws SignalboxError `cannot_bind`, naming the address.
 */
export async function bindSocket(endpoint: string, context: Context, keys?: ServerKeys): Promise<BoundSocket> {
  const address = await resolveForListening(endpoint);
  const socket = new ServerSocket({
    context,
    mandatory: true,
    handover: false,
    ...socketOptions,
    // The kernel ends connections whose host is gone: idle ones by keepalive probes, others by unacknowledged data. ZMTP
    // heartbeats are not used: cancelling a timer makes libzmq scan the timers of all connections.
    tcpKeepalive: 1,
    tcpKeepaliveIdle: 30,
    tcpKeepaliveInterval: 10,
    tcpKeepaliveCount: 3,
    tcpMaxRetransmitTimeout: 60_000,
    backlog: 1024,
    ipv6: address.includes('['),
    ...(keys && {
      curveServer: true,
      curvePublicKey: keys.publicKey,
      curveSecretKey: keys.secretKey,
      // Both are required: if either is missing, libzmq accepts clients for which no handler has answered.
      zapDomain,
      zapEnforceDomain: true,
    }),
  });
  if (capability.draft) {
    socket.disconnectMessage = disconnected;
    socket.batchBytes = batchBytes;
  }
  if (keys) socket.tellsConnections = true;
  try {
    const removePath = await underIpcLock(endpoint, async () => {
      if (await isIpcInUse(endpoint)) throw new Error('address already in use');
      refuseOtherFile(endpoint);
      await socket.bind(address);
      return ownedPath(endpoint);
    });
    // The address becomes available a moment after closing.
    const addressFree = new Promise<void>((resolve) => socket.events.on('close', () => resolve()));
    return {
      socket,
      endpoint: socket.lastEndpoint ?? endpoint,
      async close() {
        removePath();
        socket.close();
        await addressFree;
      },
    };
  } catch (cause) {
    socket.close();
    throw cannotBind(endpoint, cause);
  }
}

export function cannotBind(endpoint: string, cause: unknown): SignalboxError {
  if (cause instanceof SignalboxError) return cause;
  return new SignalboxError('cannot_bind', `cannot listen on ${endpoint}: ${wordsOf(cause).toLowerCase()}`, { cause });
}
