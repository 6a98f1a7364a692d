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

/** What ROUTER delivers as the last frame of a connection that has ended. Random: no peer can send it. */
export const disconnected = randomBytes(16);

/**
 * libzmq's 8,192 cost each connection 11 KiB more. Smaller ones than these save nothing, and nothing is slower: what fits
 * into one is a command, and larger frames are read past the buffer.
 */
const batchBytes = 1_024;

/** Draft options of libzmq 4.3 that zeromq.js has no names for. */
class ServerSocket extends Router {
  /** ZMQ_DISCONNECT_MSG */
  set disconnectMessage(value: Buffer) {
    this.setStringOption(111, value);
  }

  /** ZMQ_IN_BATCH_SIZE and ZMQ_OUT_BATCH_SIZE: buffers that each connection has for what is read and written at once. */
  set batchBytes(value: number) {
    this.setInt32Option(101, value);
    this.setInt32Option(102, value);
  }

  /** ZMQ_ROUTER_NOTIFY with ZMQ_NOTIFY_CONNECT: a connection begins with an empty frame. */
  set tellsConnections(value: boolean) {
    this.setInt32Option(97, value ? 1 : 0);
  }
}

export interface BoundSocket {
  readonly socket: Router;
  /** Where it listens in fact: port `*` has become a number. */
  readonly endpoint: string;
  /** Closes every connection. Resolves when the address is free. */
  close(): Promise<void>;
}

/**
 * A ROUTER that listens; with keys, to those alone that a ZAP handler in the same context lets in. It tells of each
 * connection's end, and with keys of its beginning.
 * @throws SignalboxError `cannot_bind`, naming the address.
 */
export async function bindSocket(endpoint: string, context: Context, keys?: ServerKeys): Promise<BoundSocket> {
  const address = await resolveForListening(endpoint);
  const socket = new ServerSocket({
    context,
    mandatory: true,
    handover: false,
    ...socketOptions,
    // Connections whose host is gone are ended by the kernel: idle ones by its probes, others by what it does not get
    // acknowledged. Not by ZMTP's heartbeats: to cancel a timer libzmq looks at those of all connections.
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
      // Both: with either missing libzmq lets in whom no handler has answered for.
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
    // Closing gives the address back a moment later.
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
