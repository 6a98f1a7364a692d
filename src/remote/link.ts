import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Socket } from 'node:net';
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
import { wordsOf } from '../process/system-error.ts';
import { framed, framesOf } from './frames.ts';
import { type Place, unreachable } from './place.ts';
import { ServerAway } from './server-away.ts';
import { errorOf, type StatusJson } from './status.ts';

/** Options of a call. */
export interface CallOptions {
  /** Name of the caller. Default: the name that the server assigns. */
  readonly as?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Method {
  readonly name: string;
  readonly parent: { readonly typeName: string };
}

/** More than Node's 64 KiB, so that a stream waits less often for a window update. */
const windowBytes = 1_048_576;

/**
 * Calls of the API over one connection, which is established when needed: the Connect protocol with binary messages
 * over HTTP/2. Calls on one connection arrive in order. Implemented here because loading the client of @connectrpc
 * takes longer than the rest of `attach`.
 */
export class Link implements Disposable {
  private readonly place: Place;
  private readonly silentMs: number;
  private current: ClientHttp2Session | undefined;

  /**
   * @param silentMs time after which a connection without any received data, including responses to pings, is closed.
   */
  constructor(place: Place, silentMs = 10_000) {
    this.place = place;
    this.silentMs = silentMs;
  }

  /** @throws ServerAway; the SignalboxError of the server's response; the reason of `signal`. */
  async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const stream = this.open(method, 'application/proto', options);
    stream.end(toBinary(method.input, create(method.input, request)));
    try {
      const { status } = await this.head(stream);
      const body = await whole(stream);
      if (status === 200) return messageOf(method, body);
      throw this.refusal(body, status);
    } catch (error) {
      throw this.reasonOf(error, options.signal);
    }
  }

  /** Yields messages as they arrive. @throws as `unary` */
  async *stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): AsyncGenerator<MessageShape<O>, void, undefined> {
    const { signal } = options;
    const stream = this.open(method, 'application/connect+proto', options);
    stream.end(framed(toBinary(method.input, create(method.input, request))));
    try {
      const { status } = await this.head(stream);
      if (status !== 200) throw this.refusal(await whole(stream), status);
      for await (const { isEnd, data } of framesOf(stream)) {
        if (!isEnd) yield messageOf(method, data);
        else return ended(method, data);
      }
      throw new ServerAway('the stream was cut off');
    } catch (error) {
      throw this.reasonOf(error, signal);
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
        ...this.place.headers,
        ...(as !== undefined && { 'signalbox-as': as }),
      },
      signal && { signal },
    );
    // Readers of the stream get the error. Without a listener it would end the process.
    stream.on('error', () => {});
    return stream;
  }

  private session(): ClientHttp2Session {
    if (this.current && !this.current.closed && !this.current.destroyed) return this.current;
    const socket = this.place.connect();
    const session = connect(this.place.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: windowBytes },
    });
    session.on('error', () => {});
    session.once('connect', () => {
      // A path that cannot be that of a socket is detected before this.
      if (!session.destroyed) session.setLocalWindowSize(windowBytes * 4);
    });
    endWhenSilent(session, socket, this.silentMs);
    this.current = session;
    return session;
  }

  /** @throws as `stranger` */
  private async head(stream: ClientHttp2Stream): Promise<Head> {
    const head = await headOf(stream);
    if (/^application\/(?:json|proto|connect\+proto)\b/.test(head.contentType)) return head;
    throw this.stranger(head);
  }

  private refusal(body: Buffer, status: number): Error {
    try {
      const said: StatusJson = JSON.parse(body.toString());
      if (said.code !== undefined) return errorOf(said);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    return this.stranger({ status, contentType: 'JSON of its own' });
  }

  /** The error for a response that is not from a Signalbox server, for example from a proxy. */
  private stranger({ status, contentType }: Head): Error {
    const answered = `status ${status}, ${contentType || 'no content'}`;
    if (status >= 502 && status <= 504) return new ServerAway(`a proxy cannot reach it: ${answered}`);
    return unreachable(this.place, `it is not a Signalbox server: ${answered}`);
  }

  /** Combines all failures of a connection into one error. */
  private reasonOf(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof SignalboxError || error instanceof ServerAway) return error;
    if (error instanceof Error && error.name === 'TooSlow') return error;
    // If a connection cannot be established, its streams are cancelled.
    return this.place.faultOf(error instanceof Error && error.cause ? error.cause : error);
  }
}

/** A process that is stopped or blocked does not close its connections. */
function endWhenSilent(session: ClientHttp2Session, socket: Socket, silentMs: number): void {
  let heard = -1;
  const isSilent = () => socket.bytesRead === heard;
  const end = () => {
    if (!isSilent()) return;
    session.destroy(new ServerAway(`it has not answered for ${silentMs / 1_000} s`));
    // Otherwise it would wait for pending writes.
    socket.destroy();
  };
  const timer = setInterval(() => {
    if (session.destroyed) return;
    // Read first what arrived while this process itself was stopped.
    if (isSilent()) setImmediate(end);
    else {
      heard = socket.bytesRead;
      session.ping(() => {});
    }
  }, silentMs).unref();
  session.once('close', () => clearInterval(timer));
}

/** @throws SignalboxError `bad_message`, because a retry would get the same response. */
function readAnswer<Answer>({ parent, name }: Method, read: () => Answer): Answer {
  try {
    return read();
  } catch (cause) {
    const text = `the response of ${parent.typeName}/${name} cannot be read: ${wordsOf(cause)}`;
    throw new SignalboxError('bad_message', text, { cause });
  }
}

const messageOf = <O extends DescMessage>(method: Method & { readonly output: O }, data: Uint8Array): MessageShape<O> =>
  readAnswer(method, () => fromBinary(method.output, data));

function ended(method: Method, data: Uint8Array): void {
  const { error } = readAnswer(method, (): { error?: StatusJson } => JSON.parse(Buffer.from(data).toString()));
  if (error) throw errorOf(error);
}

/** Uses events instead of an iterator, which costs as much again as the call. */
async function whole(stream: ClientHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
  stream
    .once('end', resolve)
    .once('error', reject)
    .once('close', () => reject(cutOff));
  await promise;
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

/** A shared instance: most streams that close have been read to their end. */
const cutOff = new ServerAway('the connection was closed');

/** The status and content type of a response. */
interface Head {
  readonly status: number;
  readonly contentType: string;
}

const headOf = (stream: ClientHttp2Stream): Promise<Head> =>
  new Promise((resolve, reject) => {
    stream.once('response', ({ ':status': status, 'content-type': contentType = '' }) =>
      resolve({ status: Number(status), contentType }),
    );
    stream.once('error', reject);
    stream.once('close', () => reject(cutOff));
  });
