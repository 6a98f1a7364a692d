import { setTimeout as sleep } from 'node:timers/promises';
import { Context, capability } from 'zeromq';
import { SignalboxError } from '../../schemas/index.ts';
import { plainContext } from './context.ts';
import type { ServerKeys } from './curve.ts';
import { receiveLoop } from './receive-loop.ts';
import { Routes } from './routes.ts';
import { type BoundSocket, bindSocket, cannotBind, disconnected } from './server-socket.ts';
import { serveZap } from './zap.ts';

const bindAgainMs = 250;

/** Receives what arrives at a listener. */
export interface Receiver {
  /**
   * @param frame undefined for a message of several parts.
   * @returns a promise to stop reading, from all peers, until it settles.
   */
  received(peer: string, frame: Buffer | undefined): Promise<void> | undefined;
  /** The connection has ended; no more frames of it follow. */
  ended(peer: string): void;
}

export interface Listener extends AsyncDisposable {
  /** The actual endpoint: port `*` is replaced by a number. */
  readonly endpoint: string;
  /** With keys: all open connections. Without keys libzmq only reports those that have sent something. */
  peers(): string[];
  /** Delivers what arrives until the listener is closed. */
  receive(receiver: Receiver): Promise<void>;
  /** Rejects with code `EAGAIN` if the peer is slow, `EHOSTUNREACH` if it is gone. */
  send(peer: string, frame: Buffer): Promise<void>;
  /**
   * Closes all connections and listens again at the same address, because libzmq cannot close a single connection. If the
   * address is not available at once, this is retried until it is.
   */
  closeConnections(): Promise<void>;
}

/**
 * Listens. With keys, only clients that they allow can connect.
 * @param alsoAt a second endpoint, of ipc, for a listener without keys. Its path is not removed.
 * @throws SignalboxError `cannot_bind`, naming the address.
 */
export async function listen(endpoint: string, keys?: ServerKeys, alsoAt?: string): Promise<Listener> {
  if (keys && !capability.draft) {
    // Without notice of disconnects, a peer could claim the routing id of a departed client and inherit its session.
    throw new SignalboxError('cannot_bind', 'keys need a libzmq with the draft API, which this one lacks');
  }
  const context = keys ? new Context() : plainContext;
  const zap = keys && (await serveZap(context, (handshake) => keys.authenticate(handshake)));
  try {
    const bound = await bindSocket(endpoint, context, keys);
    if (alsoAt !== undefined) await bindAlso(bound, alsoAt);
    return new RouterListener(bound, { rebind: () => bindSocket(bound.endpoint, context, keys), keyed: !!keys, zap });
  } catch (error) {
    await zap?.[Symbol.asyncDispose]();
    throw error;
  }
}

async function bindAlso(bound: BoundSocket, endpoint: string): Promise<void> {
  try {
    await bound.socket.bind(endpoint);
  } catch (cause) {
    await bound.close();
    throw cannotBind(endpoint, cause);
  }
}

/** A listener that replaces its socket whenever all connections have to be closed. */
class RouterListener implements Listener {
  readonly endpoint: string;
  private readonly routes = new Routes();
  private bound: BoundSocket;
  private readonly rebind: () => Promise<BoundSocket>;
  private readonly keyed: boolean;
  private readonly zap: AsyncDisposable | undefined;
  private readonly closed = new AbortController();
  private renewing: Promise<void> | undefined;

  constructor(
    bound: BoundSocket,
    options: { rebind: () => Promise<BoundSocket>; keyed: boolean; zap: AsyncDisposable | undefined },
  ) {
    this.bound = bound;
    this.endpoint = bound.endpoint;
    this.rebind = options.rebind;
    this.keyed = options.keyed;
    this.zap = options.zap;
  }

  peers(): string[] {
    return this.routes.all();
  }

  async receive(receiver: Receiver): Promise<void> {
    while (!this.closed.signal.aborted) {
      await receiveLoop(this.bound.socket, (parts) => this.take(parts, receiver));
      if (this.closed.signal.aborted) return;
      for (const peer of this.peers()) this.end(peer, receiver);
      await this.renewing;
    }
  }

  send(peer: string, frame: Buffer): Promise<void> {
    try {
      return this.bound.socket.send([this.routes.idOf(peer), frame]);
    } catch (error) {
      // A closed socket throws at once.
      return Promise.reject(error);
    }
  }

  closeConnections(): Promise<void> {
    this.renewing ??= this.renew().finally(() => {
      this.renewing = undefined;
    });
    return this.renewing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed.abort();
    await this.renewing;
    await this.bound.close();
    await this.zap?.[Symbol.asyncDispose]();
  }

  private take(parts: readonly Buffer[], receiver: Receiver): Promise<void> | undefined {
    const [id, frame] = parts;
    if (!id || !frame) return undefined;
    const hasEnded = parts.length === 2 && frame.equals(disconnected);
    let peer = this.routes.find(id);
    if (peer === undefined) {
      peer = this.routes.add(id);
      // With keys, the first message of a connection is the notice of its beginning. A second one is a frame of the peer.
      if (this.keyed && !hasEnded) return undefined;
    }
    if (!hasEnded) return receiver.received(peer, parts.length === 2 ? frame : undefined);
    this.end(peer, receiver);
    return undefined;
  }

  private end(peer: string, receiver: Receiver): void {
    this.routes.delete(peer);
    receiver.ended(peer);
  }

  private async renew(): Promise<void> {
    const { signal } = this.closed;
    await this.bound.close();
    while (!signal.aborted) {
      try {
        this.bound = await this.rebind();
        return;
      } catch {
        // Another process has the address at the moment, or there is no free descriptor.
        await sleep(bindAgainMs, undefined, { signal }).catch(() => {});
      }
    }
  }
}
