import { setTimeout as sleep } from 'node:timers/promises';
import { Context, capability } from 'zeromq';
import { SignalboxError } from '../../schemas/index.ts';
import { plainContext } from './context.ts';
import type { ServerKeys } from './curve.ts';
import { type BoundSocket, bindSocket, cannotBind, disconnected } from './server-socket.ts';
import { serveZap } from './zap.ts';

const bindAgainMs = 250;

/** One message from one peer. `parts` is undefined where the peer's connection has ended. */
export interface Arrival {
  readonly peer: string;
  readonly parts: readonly Buffer[] | undefined;
}

export interface Listener extends AsyncDisposable {
  /** Where it listens in fact: port `*` has become a number. */
  readonly endpoint: string;
  /** With keys: the connections that are open. Without, libzmq does not tell. */
  readonly peers: ReadonlySet<string>;
  /** Messages as they come, until it is closed. */
  arrivals(): AsyncGenerator<Arrival>;
  /** Rejects with code `EAGAIN` where the peer is slow and `EHOSTUNREACH` where it is gone. */
  send(peer: string, frame: Buffer): Promise<void>;
  /**
   * Closes all connections and listens again at the same address: libzmq cannot close one. Where the address cannot be
   * had at once, it is tried until it can.
   */
  closeConnections(): Promise<void>;
}

/**
 * Listens; with keys, to those alone that they let in.
 * @param alsoAt a second endpoint, of ipc, for a listener without keys; its path is left where it is.
 * @throws SignalboxError `cannot_bind`, naming the address.
 */
export async function listen(endpoint: string, keys?: ServerKeys, alsoAt?: string): Promise<Listener> {
  if (keys && !capability.draft) {
    // Without the notice of a connection's end a raw peer could claim a departed routing id and inherit its session.
    throw new SignalboxError('cannot_bind', 'keys need a libzmq with its draft API, and this one has none');
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

/** Listens on one socket after the other: on the next where all connections of the one before had to be closed. */
class RouterListener implements Listener {
  readonly endpoint: string;
  readonly peers = new Set<string>();
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

  async *arrivals(): AsyncGenerator<Arrival> {
    while (!this.closed.signal.aborted) {
      for await (const [id, ...parts] of this.bound.socket) {
        if (!id) continue;
        const peer = id.toString('latin1');
        const hasEnded = parts.length === 1 && parts[0]?.equals(disconnected);
        if (this.keyed && !this.peers.has(peer)) {
          this.peers.add(peer);
          // The notice of its beginning. A second one is a frame that it has sent.
          if (!hasEnded) continue;
        }
        if (hasEnded) this.peers.delete(peer);
        yield { peer, parts: hasEnded ? undefined : parts };
      }
      if (this.closed.signal.aborted) return;
      for (const peer of this.peers) {
        this.peers.delete(peer);
        yield { peer, parts: undefined };
      }
      await this.renewing;
    }
  }

  // Async, for a closed socket throws at once.
  async send(peer: string, frame: Buffer): Promise<void> {
    await this.bound.socket.send([Buffer.from(peer, 'latin1'), frame]);
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

  private async renew(): Promise<void> {
    const { signal } = this.closed;
    await this.bound.close();
    while (!signal.aborted) {
      try {
        this.bound = await this.rebind();
        return;
      } catch {
        // Somebody else has it for the moment, or there is no descriptor.
        await sleep(bindAgainMs, undefined, { signal }).catch(() => {});
      }
    }
  }
}
