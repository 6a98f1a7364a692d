import { once } from 'node:events';
import { createServer, type Http2Server, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import { Code, ConnectError, createConnectRouter } from '@connectrpc/connect';
import { Health } from '../../../../schemas/api/grpc/health/v1/health_pb.js';
import { SignalboxError } from '../../../index.ts';
import { type HostPort, hostPortText } from '../model/host-port.ts';
import { type PresenceLimits, presenceLimits } from '../model/limits.ts';
import { untilTimeUp } from '../model/until-time-up.ts';
import { answer } from './answer.ts';
import { healthCalls } from './health-calls.ts';
import type { Service } from './services.ts';

/** A listener. Disposal ends calls in progress with `unavailable` and closes connections. */
export interface Listening extends AsyncDisposable {
  /** The address, with the actual port. */
  readonly at: HostPort;
}

/**
 * Serves gRPC and Connect over HTTP/2 in clear text.
 * @throws SignalboxError `cannot_bind`
 */
export async function serveGrpc(
  at: HostPort,
  services: readonly Service[],
  limits: PresenceLimits = presenceLimits,
): Promise<Listening> {
  const ending = new AbortController();
  const router = createConnectRouter({
    ...{ grpcWeb: false, acceptCompression: [], readMaxBytes: limits.maxMessageBytes, shutdownSignal: ending.signal },
  });
  for (const service of services) service.addTo(router);
  const names = [...new Set(router.handlers.map(({ service }) => service.typeName))];
  router.service(Health, healthCalls(names, ending.signal));
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const responses = new Set<Http2ServerResponse>();
  let allAnswered = () => {};
  const server = createServer({
    settings: { maxConcurrentStreams: limits.maxStreams, maxHeaderListSize: limits.maxHeaderBytes },
  });
  server.on('request', (request, response) => {
    responses.add(response);
    response.once('close', () => {
      responses.delete(response);
      if (responses.size === 0) allAnswered();
    });
    void answer(request, response, { handlers, services, limits });
  });
  const sessions = trackSessions(server, limits);
  const port = await listen(server, at, limits);
  return {
    at: { ...at, port },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      const error = new ConnectError('this service is ending; connect again', Code.Unavailable);
      ending.abort(error);
      for (const service of services) service.end?.(error);
      if (responses.size > 0) {
        await untilTimeUp(new Promise<void>((done) => (allAnswered = done)), limits.flushMs);
      }
      for (const session of sessions) session.close();
      await untilTimeUp(closed, limits.flushMs);
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

/** Tracks open sessions. Destroys a session without HTTP/2 settings within `requestMs`, and one without traffic for `idleMs`. */
function trackSessions(server: Http2Server, { requestMs, idleMs }: PresenceLimits): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
    const silent = setTimeout(() => session.destroy(), requestMs);
    const begun = () => clearTimeout(silent);
    session.once('remoteSettings', begun);
    session.once('close', () => {
      begun();
      sessions.delete(session);
    });
    session.setTimeout(idleMs, () => session.destroy());
  });
  server.on('sessionError', () => {});
  return sessions;
}

async function listen(server: Http2Server, at: HostPort, { maxConnections }: PresenceLimits): Promise<number> {
  server.maxConnections = maxConnections;
  try {
    await once(server.listen({ host: at.host, port: at.port, backlog: 1_024 }), 'listening');
  } catch (cause) {
    server.close();
    const { message } = cause instanceof Error ? cause : { message: String(cause) };
    throw new SignalboxError('cannot_bind', `cannot listen on ${hostPortText(at)}: ${message}`, { cause });
  }
  // An error of one connection must not end the server.
  server.on('error', () => {});
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? bound.port : at.port;
}
