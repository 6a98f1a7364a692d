import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { type Direction, Pipe } from '../faults/pipe.ts';
import { freePort } from './free-port.ts';

export type { Direction } from '../faults/pipe.ts';

/** A search pattern for bytes, as a global regular expression over Latin-1, and their number. */
export interface Mark {
  readonly pattern: RegExp;
  readonly length: number;
}
/** How a connection ends: orderly, or as after a reset by a firewall or a crashed host. */
export type Ending = 'fin' | 'rst';
export type Side = 'client' | 'server';

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Pipe;
  readonly down: Pipe;
}

/**
 * Sees the bytes that pass. If it returns a number, this many bytes of the chunk still pass, and then all connections
 * are cut.
 */
type Trap = (direction: Direction, link: Link, chunk: Buffer) => number | undefined;

/**
 * A line between clients and a server, on loopback, that can be made to fail. It carries bytes both ways until a method
 * is called: cut, refuse, freeze, delay. `up` is from clients to the server.
 */
export class LinkProxy implements AsyncDisposable {
  readonly port: number;
  /** All connections so far, in the order of their first bytes up. */
  readonly recorded: { head: Buffer; readonly down: Buffer[] }[] = [];
  /** Whether all bytes that go down are recorded. */
  recordsDown = false;
  /** The destination of connections from now on. */
  targetPort: number;
  private readonly links = new Set<Link>();
  private readonly strays = new Set<Socket>();
  private readonly traps = new Set<Trap>();
  private readonly frozen = { up: false, down: false };
  private delayMs = 0;
  private listener: Server | undefined;

  private constructor(port: number, targetPort: number) {
    this.port = port;
    this.targetPort = targetPort;
  }

  static async start(targetPort: number): Promise<LinkProxy> {
    const proxy = new LinkProxy(await freePort(), targetPort);
    await proxy.accept();
    return proxy;
  }

  /** Accepts connections (again), on the same port as before. */
  async accept(): Promise<void> {
    const listener = createServer((client) => this.connect(client)).listen(this.port, '127.0.0.1');
    await once(listener, 'listening');
    this.listener = listener;
  }

  /** Refuses new connections: clients get an immediate error, as without a listener. */
  refuse(): void {
    this.listener?.close();
    this.listener = undefined;
  }

  /** Ends all connections, on both sides. */
  cut(ending: Ending): void {
    for (const link of this.links) {
      this.links.delete(link);
      for (const socket of [link.client, link.server]) end(socket, ending);
    }
  }

  /** Ends all connections on one side only: the other side keeps one without a peer. */
  halfClose(side: Side, ending: Ending): void {
    for (const link of this.links) {
      this.links.delete(link);
      const stray = side === 'client' ? link.server : link.client;
      link.up.drop();
      link.down.drop();
      this.strays.add(stray);
      end(link[side], ending);
    }
  }

  /** Forwards nothing in these directions; connections stay, and bytes wait. */
  freeze(...directions: readonly Direction[]): void {
    this.setFrozen(directions, true);
  }

  thaw(): void {
    this.setFrozen(['up', 'down'], false);
  }

  /** From now on all bytes are delayed by this time. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Cuts all connections after this many more bytes in one direction. Resolves when it has. */
  cutAfterBytes(direction: Direction, bytes: number, ending: Ending): Promise<void> {
    let left = bytes;
    return this.trap(ending, (way, _link, chunk) => {
      if (way !== direction) return undefined;
      if (chunk.length >= left) return left;
      left -= chunk.length;
      return undefined;
    });
  }

  /** Cuts all connections just before this mark passes for the `count`th time. Resolves when it has. */
  cutAt(direction: Direction, { pattern, length }: Mark, ending: Ending, count = 1): Promise<void> {
    const tails = new Map<Link, string>();
    let left = count;
    return this.trap(ending, (way, link, chunk) => {
      if (way !== direction) return undefined;
      const tail = tails.get(link) ?? '';
      const seen = tail + chunk.toString('latin1');
      for (const { index } of seen.matchAll(pattern)) {
        left -= 1;
        if (left === 0) return Math.max(0, index - tail.length);
      }
      // Too short for a whole mark, which would otherwise count twice.
      tails.set(link, seen.slice(Math.max(0, seen.length - length + 1)));
      return undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    this.cut('rst');
    for (const stray of this.strays) stray.destroy();
  }

  private trap(ending: Ending, look: Trap): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const trap: Trap = (direction, link, chunk) => {
      const passing = look(direction, link, chunk);
      if (passing === undefined) return undefined;
      this.traps.delete(trap);
      setImmediate(() => {
        this.cut(ending);
        resolve();
      });
      return passing;
    };
    this.traps.add(trap);
    return promise;
  }

  private setFrozen(directions: readonly Direction[], frozen: boolean): void {
    for (const direction of directions) {
      this.frozen[direction] = frozen;
      for (const link of this.links) link[direction].freeze(frozen);
    }
  }

  private connect(client: Socket): void {
    const server = new Socket().connect(this.targetPort, '127.0.0.1');
    const record = { head: Buffer.alloc(0), down: [] as Buffer[] };
    this.recorded.push(record);
    const look = (direction: Direction) => (chunk: Buffer) => {
      if (direction === 'up' && record.head.length < 4_096) record.head = Buffer.concat([record.head, chunk]);
      if (direction === 'down' && this.recordsDown) record.down.push(chunk);
      for (const trap of this.traps) {
        const passing = trap(direction, link, chunk);
        if (passing !== undefined) return passing;
      }
      return undefined;
    };
    const delayMs = () => this.delayMs;
    const link: Link = {
      client,
      server,
      up: new Pipe(client, server, look('up'), delayMs),
      down: new Pipe(server, client, look('down'), delayMs),
    };
    this.links.add(link);
    for (const direction of ['up', 'down'] as const) link[direction].freeze(this.frozen[direction]);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        if (this.links.delete(link)) other.destroySoon();
      });
    }
  }
}

function end(socket: Socket, ending: Ending): void {
  if (ending === 'rst') socket.resetAndDestroy();
  else socket.destroy();
}
