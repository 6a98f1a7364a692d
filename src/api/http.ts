import { createServer, type Server as Http1Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { Code, ConnectError } from '@connectrpc/connect';
import type { JobService } from '../plugin/job-service.ts';
import { answer, type SignIn } from './answer.ts';
import type { ApiLimits } from './api-limits.ts';
import type { Request, Response } from './refuse.ts';
import { createRoutes, type Routes } from './routes.ts';

/** Accepts the connections of the two sockets. */
export interface Http {
  /** HTTP/1.1: Connect and JSON. */
  readonly connect: (socket: Socket) => void;
  /** HTTP/2: gRPC. */
  readonly grpc: (socket: Socket) => void;
  /** Ends all calls with a status. Resolves when their callers have received it, or after a short time. */
  end(): Promise<void>;
}

interface HttpOptions {
  /** Name of callers that give none. */
  readonly name: string;
  readonly limits: ApiLimits;
  /** Undefined if everyone who can connect is the owner. */
  readonly signIn?: SignIn;
  /** Time after which a connection without a call is closed, in ms. Default: that of Node, for HTTP/1.1 only. */
  readonly idleMs?: number;
}

export function createHttp(service: JobService, { name, limits, signIn, idleMs }: HttpOptions): Http {
  const ending = new AbortController();
  const routes = createRoutes(service, { name, limits, ending: ending.signal });
  const open = new Set<Response>();
  let none: (() => void) | undefined;
  const track = (response: Response): Response => {
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      if (open.size === 0) none?.();
    });
    return response;
  };
  const answerBy =
    (of: Routes): Answer =>
    (request, response) =>
      void answer(request, track(response), { routes: of, signIn, flushMs: limits.flushMs });
  const http1 = createHttp1(answerBy(routes.connect), limits, idleMs);
  const http2 = createHttp2(answerBy(routes.grpc), limits, idleMs);
  return {
    connect: (socket) => void http1.emit('connection', socket),
    grpc: (socket) => void http2.emit('connection', socket),
    async end() {
      // The server does not listen; this ends the check for slow requests.
      http1.close();
      ending.abort(new ConnectError('the server is ending', Code.Unavailable));
      if (open.size === 0) return;
      const ended = Promise.withResolvers<void>();
      none = ended.resolve;
      const timer = setTimeout(ended.resolve, limits.flushMs);
      await ended.promise;
      clearTimeout(timer);
    },
  };
}

type Answer = (request: Request, response: Response) => void;

function createHttp1(onRequest: Answer, { requestMs }: ApiLimits, idleMs: number | undefined): Http1Server {
  const server = createServer(
    {
      ...{ headersTimeout: requestMs, requestTimeout: requestMs, connectionsCheckingInterval: requestMs / 4 },
      ...(idleMs !== undefined && { keepAliveTimeout: idleMs }),
    },
    onRequest,
  );
  // The server does not listen itself; this starts the check for slow requests.
  server.emit('listening');
  return server;
}

function createHttp2(onRequest: Answer, limits: ApiLimits, idleMs: number | undefined): Http2Server {
  const { requestMs, maxStreams } = limits;
  const server = createHttp2Server({ settings: { maxConcurrentStreams: maxStreams } }, (request, response) => {
    const slow = setTimeout(() => request.stream.destroy(), requestMs);
    const arrived = () => clearTimeout(slow);
    request.stream.once('end', arrived).once('close', arrived);
    onRequest(request, response);
  });
  server.on('session', (session) => {
    session.on('error', () => {});
    const silent = setTimeout(() => session.destroy(), requestMs);
    const begun = () => clearTimeout(silent);
    session.once('remoteSettings', begun).once('close', begun);
    if (idleMs !== undefined) endIdle(session, idleMs);
  });
  server.on('sessionError', () => {});
  return server;
}

/** Ends sessions that have no call for some time. */
function endIdle(session: ServerHttp2Session, idleMs: number): void {
  let calls = 0;
  const wait = () => setTimeout(() => session.close(), idleMs);
  let timer = wait();
  session.on('stream', (stream) => {
    calls += 1;
    clearTimeout(timer);
    stream.once('close', () => {
      calls -= 1;
      if (calls === 0 && !session.closed) timer = wait();
    });
  });
  session.once('close', () => clearTimeout(timer));
}
