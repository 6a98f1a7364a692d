import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { createConnection, type Socket } from 'node:net';
import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { SignalboxError } from '../../schemas/errors.ts';
import { systemCode, wordsOf } from '../process/system-error.ts';
import { framed, framesOf } from './frames.ts';
import { ServerAway } from './server-away.ts';
import { errorOf, type StatusJson } from './status.ts';

/** How a call is made. */
export interface CallOptions {
  /** Name of the caller. Default: the one that the server gives it. */
  readonly as?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Method {
  readonly name: string;
  readonly parent: { readonly typeName: string };
}

/** More than Node's 64 KiB, so that a stream waits less often for the word that it may go on. */
const windowBytes = 1_048_576;

/**
 * Calls of the API over one connection, which is made anew when it is needed: the Connect protocol with binary messages
 * over HTTP/2. On one connection calls arrive in the order in which they are made. Written here because the client of
 * @connectrpc loads for longer than the rest of `attach` takes.
 */
export class Link implements Disposable {
  private readonly path: string;
  private readonly silentMs: number;
  private current: ClientHttp2Session | undefined;

  /**
   * @param path of the socket that speaks HTTP/2.
   * @param silentMs after which a connection from which nothing comes, not even an answer to a ping, is closed.
   */
  constructor(path: string, silentMs = 10_000) {
    this.path = path;
    this.silentMs = silentMs;
  }

  /** @throws ServerAway, or the SignalboxError with which the server answered; what `signal` aborts with. */
  async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const stream = this.open(method, 'application/proto', options);
    stream.end(toBinary(method.input, create(method.input, request)));
    const { status, body } = await whole(stream, options.signal);
    if (status === 200) return messageOf(method, body);
    throw errorOf(statusJson(body, status));
  }

  /** Messages as they come. @throws as `unary` */
  async *stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): AsyncGenerator<MessageShape<O>, void, undefined> {
    const { signal } = options;
    const stream = this.open(method, 'application/connect+proto', options);
    stream.end(framed(toBinary(method.input, create(method.input, request))));
    try {
      const status = await statusOf(stream);
      if (status !== 200) throw errorOf(statusJson((await whole(stream, signal)).body, status));
      for await (const { isEnd, data } of framesOf(stream)) {
        if (!isEnd) yield messageOf(method, data);
        else return ended(method, data);
      }
      throw new ServerAway('the stream was cut off');
    } catch (error) {
      throw reasonOf(error, signal);
    } finally {
      stream.destroy();
    }
  }

  [Symbol.dispose](): void {
    this.current?.destroy();
  }

  private open(method: Method, contentType: string, { as, signal }: CallOptions): ClientHttp2Stream {
    signal?.throwIfAborted();
    const stream = this.session().request(
      {
        ':method': 'POST',
        ':path': `/${method.parent.typeName}/${method.name}`,
        'content-type': contentType,
        'connect-protocol-version': '1',
        ...(as !== undefined && { 'signalbox-as': as }),
      },
      signal && { signal },
    );
    // Readers of the stream get the error; without a listener it would end the process.
    stream.on('error', () => {});
    return stream;
  }

  private session(): ClientHttp2Session {
    if (this.current && !this.current.closed && !this.current.destroyed) return this.current;
    const socket = createConnection(this.path);
    const session = connect('http://signalbox', {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: windowBytes },
    });
    session.on('error', () => {});
    session.once('connect', () => {
      // A path that cannot be a socket's is found out before this.
      if (!session.destroyed) session.setLocalWindowSize(windowBytes * 4);
    });
    endWhenSilent(session, socket, this.silentMs);
    this.current = session;
    return session;
  }
}

/** A process that stands still, stopped or blocked, closes nothing. */
function endWhenSilent(session: ClientHttp2Session, socket: Socket, silentMs: number): void {
  let heard = -1;
  const isSilent = () => socket.bytesRead === heard;
  const end = () => {
    if (isSilent()) session.destroy(new ServerAway(`it has not answered for ${silentMs / 1_000} s`));
  };
  const timer = setInterval(() => {
    // What came while this process stood still itself is read first.
    if (isSilent()) setImmediate(end);
    else {
      heard = socket.bytesRead;
      session.ping(() => {});
    }
  }, silentMs).unref();
  session.once('close', () => clearInterval(timer));
}

/** @throws SignalboxError `bad_message`: asked again, the server would answer the same. */
function readAnswer<Answer>({ parent, name }: Method, read: () => Answer): Answer {
  try {
    return read();
  } catch (cause) {
    const text = `the answer of ${parent.typeName}/${name} cannot be read: ${wordsOf(cause)}`;
    throw new SignalboxError('bad_message', text, { cause });
  }
}

const messageOf = <O extends DescMessage>(method: Method & { readonly output: O }, data: Uint8Array): MessageShape<O> =>
  readAnswer(method, () => fromBinary(method.output, data));

function ended(method: Method, data: Uint8Array): void {
  const { error } = readAnswer(method, (): { error?: StatusJson } => JSON.parse(Buffer.from(data).toString()));
  if (error) throw errorOf(error);
}

/** With events instead of an iterator, which costs as much again as the call. */
async function whole(stream: ClientHttp2Stream, signal: AbortSignal | undefined) {
  try {
    const status = await statusOf(stream);
    const chunks: Buffer[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
    stream
      .once('end', resolve)
      .once('error', reject)
      .once('close', () => reject(cutOff));
    await promise;
    return { status, body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) };
  } catch (error) {
    throw reasonOf(error, signal);
  }
}

/** One for all: most streams that close have been read to their end. */
const cutOff = new ServerAway('the connection was closed');

/** Known once the head of the answer is there. */
const statuses = new WeakMap<ClientHttp2Stream, Promise<number>>();

function statusOf(stream: ClientHttp2Stream): Promise<number> {
  let status = statuses.get(stream);
  if (!status) {
    status = new Promise((resolve, reject) => {
      stream.once('response', (headers) => resolve(Number(headers[':status'])));
      stream.once('error', reject);
      stream.once('close', () => reject(cutOff));
    });
    statuses.set(stream, status);
  }
  return status;
}

function statusJson(body: Buffer, status: number): StatusJson {
  try {
    return JSON.parse(body.toString());
  } catch {
    return { message: `no server of signalbox answers there: status ${status}` };
  }
}

/** Everything that breaks a connection is one thing. */
function reasonOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof SignalboxError || (error instanceof Error && error.name === 'TooSlow')) return error;
  if (error instanceof ServerAway) return error;
  // A stream of a connection that could not be made is cancelled because of that.
  const cause = error instanceof Error && error.cause ? error.cause : error;
  return new ServerAway(
    /^(?:ENOENT|ECONNREFUSED)$/.test(systemCode(cause) ?? '') ? 'nobody listens there' : wordsOf(cause),
  );
}
