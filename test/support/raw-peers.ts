import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Dealer } from 'zeromq';
import type { ClientKeys } from '../../src/wire/curve.ts';
import { dial } from '../../src/wire/dial.ts';
import { listen } from '../../src/wire/listener.ts';
import { arrivalsOf, framesOf } from './pulled.ts';

/** A DEALER that ignores the protocol: it may claim a routing id and send anything. */
export class RawDealer extends Dealer implements AsyncDisposable {
  private constructor(routingId: Buffer | undefined, keys: ClientKeys | undefined) {
    super({
      linger: 0,
      sendTimeout: 0,
      ...(keys && {
        curveServerKey: keys.serverKey,
        curvePublicKey: keys.publicKey,
        curveSecretKey: keys.secretKey,
      }),
    });
    // ZMQ_ROUTING_ID, as bytes: zeromq.js accepts only text.
    if (routingId) this.setStringOption(5, routingId);
  }

  static async dial(endpoint: string, routingId?: Buffer, keys?: ClientKeys): Promise<RawDealer> {
    const dealer = new RawDealer(routingId, keys);
    const opened = new Promise((resolve) => dealer.events.on('handshake', resolve));
    dealer.connect(endpoint);
    await opened;
    return dealer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** A TCP server that is not a Signalbox server: `answer` handles each connection. */
export async function plainServer(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The other side is expected to disconnect it.
    socket.on('error', () => {});
    answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    server,
    endpoint: `tcp://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Takes values in order, and fails at the end. */
export function taking<Value>(values: AsyncGenerator<Value>): () => Promise<Value> {
  return async () => {
    const next = await values.next();
    if (next.done) throw new Error('there is no more');
    return next.value;
  };
}

export const anyPort = 'tcp://127.0.0.1:*';

/** A listener on a free port, and its messages one by one. */
export async function opened() {
  const listener = await listen(anyPort);
  const arrival = taking(arrivalsOf(listener));
  return {
    listener,
    arrival,
    /** A connection to it that has sent `greeting`, and its id. */
    async joined(greeting = 'here') {
      const connection = await dial(listener.endpoint, new AbortController().signal);
      await connection.send(Buffer.from(greeting));
      const { peer, parts } = await arrival();
      if (String(parts) !== greeting) throw new Error('somebody else spoke');
      return { connection, peer, frame: taking(framesOf(connection)) };
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

/**
 * Sends until the line refuses.
 * @returns how many frames it accepted, and why it stopped.
 */
export async function fill(send: (frame: Buffer) => Promise<void>): Promise<{ taken: number; code: unknown }> {
  for (let taken = 0; ; taken += 1) {
    const frame = Buffer.alloc(65_536);
    frame.writeUInt32BE(taken);
    try {
      await send(frame);
    } catch (error) {
      return { taken, code: error instanceof Error && 'code' in error ? error.code : error };
    }
    // zeromq moves frames in its own thread: this lets the peer's side in this process run.
    await nextTurn();
  }
}
