import { createServer, type Server as Http1Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import { Code, ConnectError } from '@connectrpc/connect';
import type { JobService } from '../plugin/job-service.ts';
import { answer } from './answer.ts';
import type { ApiLimits } from './api-limits.ts';
import { createRoutes, type Routes } from './routes.ts';

/** What takes the connections of the two sockets. */
export interface Http {
  /** HTTP/1.1: Connect and JSON. */
  readonly connect: (socket: Socket) => void;
  /** HTTP/2: gRPC. */
  readonly grpc: (socket: Socket) => void;
  /** Ends all calls with a status. Resolves when their callers have it, or after a moment. */
  end(): Promise<void>;
}

export function createHttp(service: JobService, { name, limits }: { name: string; limits: ApiLimits }): Http {
  const ending = new AbortController();
  const routes = createRoutes(service, { name, limits, ending: ending.signal });
  const open = new Set<ServerResponse | Http2ServerResponse>();
  let none: (() => void) | undefined;
  const track = <Response extends ServerResponse | Http2ServerResponse>(response: Response): Response => {
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      if (open.size === 0) none?.();
    });
    return response;
  };
  const http1 = createHttp1(routes.connect, track, limits);
  const http2 = createHttp2(routes.grpc, track, limits);
  return {
    connect: (socket) => void http1.emit('connection', socket),
    grpc: (socket) => void http2.emit('connection', socket),
    async end() {
      // It listens nowhere; this ends the check of slow requests.
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

type Track = <Response extends ServerResponse | Http2ServerResponse>(response: Response) => Response;

function createHttp1(routes: Routes, track: Track, { requestMs }: ApiLimits): Http1Server {
  const server = createServer(
    { headersTimeout: requestMs, requestTimeout: requestMs, connectionsCheckingInterval: requestMs / 4 },
    (request, response) => void answer(request, track(response), routes),
  );
  // It listens nowhere itself; this starts the check of slow requests.
  server.emit('listening');
  return server;
}

function createHttp2(routes: Routes, track: Track, { requestMs, maxStreams }: ApiLimits): Http2Server {
  const server = createHttp2Server({ settings: { maxConcurrentStreams: maxStreams } }, (request, response) => {
    const slow = setTimeout(() => request.stream.destroy(), requestMs);
    const arrived = () => clearTimeout(slow);
    request.stream.once('end', arrived).once('close', arrived);
    void answer(request, track(response), routes);
  });
  server.on('session', (session) => {
    session.on('error', () => {});
    const silent = setTimeout(() => session.destroy(), requestMs);
    const begun = () => clearTimeout(silent);
    session.once('remoteSettings', begun).once('close', begun);
  });
  server.on('sessionError', () => {});
  return server;
}
