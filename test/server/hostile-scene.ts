import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import type { FromClient, FromServer, Message } from '../../schemas/index.ts';
import { ping } from '../../src/index.ts';
import { readCredentials } from '../../src/keys/credentials.ts';
import { type Connection, dial } from '../../src/wire/dial.ts';
import { hello as helloOf } from '../support/hello.ts';
import { createKeyFolder, proved } from '../support/key-folder.ts';
import { namesOfVisitors, openClient, openServer } from '../support/library.ts';
import { framesOf } from '../support/pulled.ts';
import { RawDealer } from '../support/raw-peers.ts';
import { frameOf, readServer } from '../support/wire.ts';

export const serverKinds = ['without keys', 'with keys'] as const;
export type ServerKind = (typeof serverKinds)[number];

/** A server with one healthy client, and ways to attack it. */
export async function hostileScene(kind: ServerKind) {
  await using stack = new AsyncDisposableStack();
  const keys = stack.use(createKeyFolder('healthy', 'mallory'));
  const isKeyed = kind === 'with keys';
  const mallory = isKeyed ? readCredentials(keys.of('mallory')) : undefined;
  const server = stack.use(await openServer(isKeyed ? { keys: keys.folder } : {}));
  const healthy = { name: 'healthy', ...(isKeyed && { credentials: keys.of('healthy') }) };
  stack.use(await openClient(server, healthy));
  await server.waitForClients(1);
  const port = Number(server.endpoint.split(':').at(-1));
  const kept = stack.move();

  return {
    kind,
    server,
    /** A TCP connection that sends `bytes`. */
    raw: (bytes: Buffer = Buffer.alloc(0)) => new RawConnection(port, bytes),
    /** A connection of an admitted client, which can send anything. */
    async letIn(): Promise<LetIn> {
      return new LetIn(
        await dial(server.endpoint, new AbortController().signal, mallory),
        isKeyed ? keys.of('mallory') : undefined,
      );
    },
    /** The same on a socket that can also do what no real client does. */
    letInRaw: () => RawDealer.dial(server.endpoint, undefined, mallory),
    /**
     * The server runs, serves the healthy client, and the attacks have not affected any state that it uses for decisions.
     * @param others further clients that it may know: those that sent a valid hello.
     */
    async expectUnharmed(others: readonly string[] = []): Promise<void> {
      const [outcome] = await (await server.submit('healthy', ping, {})).outcomes;
      expect(outcome).toMatchObject({ outcome: 'completed' });
      expect(await namesOfVisitors(server)).toEqual(['healthy', ...others]);
      expect(new Set((await server.list()).map(({ client, command }) => `${command} ${client}`))).toEqual(
        new Set(['ping healthy']),
      );
      const told = server.told.all.flatMap((event) => ('client' in event ? (event.client ?? '') : []));
      expect(new Set(told)).toEqual(new Set(['healthy', ...others]));
      expect(server.told.of('client.state').filter(({ client }) => client === 'healthy')).toHaveLength(1);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
export type HostileScene = Awaited<ReturnType<typeof hostileScene>>;

export class RawConnection implements AsyncDisposable {
  readonly socket: Socket;
  /** What the server sent to it. */
  heard = Buffer.alloc(0);
  readonly opened: Promise<unknown>;
  /** The server closed the connection. */
  readonly ended: Promise<unknown>;

  constructor(port: number, bytes: Buffer) {
    this.socket = connect(port, '127.0.0.1');
    // A reset is as good an end as any.
    this.socket.on('error', () => {});
    this.socket.on('data', (data: Buffer) => {
      this.heard = Buffer.concat([this.heard, data]);
    });
    this.opened = new Promise((resolve) => this.socket.once('connect', resolve));
    this.ended = new Promise((resolve) => this.socket.once('close', resolve));
    if (bytes.length > 0) this.socket.write(bytes);
  }

  /** Resolves when the server has sent `text`, or closed the connection. */
  async untilHeard(text: string): Promise<void> {
    while (!this.heard.includes(text) && !this.socket.closed) {
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.ended]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }
}

/** A connection that the server accepts as a client. */
export class LetIn implements AsyncDisposable {
  readonly connection: Connection;
  readonly hello: Message<FromClient, 'hello'>;
  private readonly messages: AsyncGenerator<FromServer>;

  constructor(connection: Connection, credentials: string | undefined) {
    this.connection = connection;
    const fields = { name: 'mallory', bootId: 'mallorymallory', state: 'ready' } as const;
    this.hello = credentials === undefined ? helloOf(fields) : proved(helloOf(fields), credentials);
    this.messages = messagesOf(connection);
  }

  /** Sends a valid hello, and is welcomed. */
  async greet(): Promise<void> {
    await this.connection.send(frameOf(this.hello, { type: 'jobs-end', elsewhere: 0 }));
    await this.next('welcome');
  }

  /** The next message of this type. */
  async next<Type extends FromServer['type']>(type: Type): Promise<Message<FromServer, Type>> {
    for await (const message of { [Symbol.asyncIterator]: () => ({ next: () => this.messages.next() }) }) {
      if (isOfType(message, type)) return message;
    }
    throw new Error(`the connection ended before ${type}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close(0);
  }
}

async function* messagesOf(connection: Connection): AsyncGenerator<FromServer> {
  for await (const frame of framesOf(connection)) yield* readServer(frame);
}

function isOfType<Type extends FromServer['type']>(
  message: FromServer,
  type: Type,
): message is Message<FromServer, Type> {
  return message.type === type;
}
