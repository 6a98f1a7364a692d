import type { ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createContextValues } from '@connectrpc/connect';
import type { UniversalHandler, UniversalServerResponse } from '@connectrpc/connect/protocol';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import type { PresenceLimits } from '../model/limits.ts';
import { destroyAfter } from './destroy-after.ts';
import { goodbye } from './goodbye.ts';
import type { Service } from './services.ts';

interface Answering {
  readonly handlers: ReadonlyMap<string, UniversalHandler>;
  readonly services: readonly Service[];
  readonly limits: Pick<PresenceLimits, 'requestMs' | 'callMs' | 'goodbyeMs'>;
}

/** Answers a request. Never rejects: an error that has no gRPC status ends the stream. */
export async function answer(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  { handlers, services, limits }: Answering,
): Promise<void> {
  // Without a listener, an error of the connection would end the process.
  response.on('error', () => {});
  try {
    const [path = ''] = request.url.split('?', 1);
    const handler = handlers.get(path);
    if (!handler) {
      response.writeHead(404).end();
      destroyAfter(response.stream, limits.goodbyeMs);
      return;
    }
    if (services.some((service) => service.answer?.(path, request, response, limits))) return;
    if (handler.method.methodKind === 'unary') {
      boundArrival(request, limits.requestMs);
      destroyAfter(response.stream, limits.callMs);
    }
    // Connect builds an unused URL from this header; some clients send invalid values.
    request.headers[':authority'] = 'localhost';
    // A timeout above the maximum of a Node timer would end the call at once. The caller still enforces its deadline.
    if (/^\d{6,}[HMS]$/.test(String(request.headers['grpc-timeout']))) delete request.headers['grpc-timeout'];
    const values = createContextValues().set(goodbye, () => destroyAfter(response.stream, limits.goodbyeMs));
    const asked = universalRequestFromNodeRequest(request, response as unknown as ServerResponse, undefined, values);
    await universalResponseToNodeResponse(readable(await handler(asked)), response);
  } catch {
    response.stream?.destroy();
  }
}

/** Ends a stream whose request does not arrive in time. */
function boundArrival({ stream }: Http2ServerRequest, requestMs: number): void {
  const slow = setTimeout(() => stream.destroy(), requestMs);
  const arrived = () => clearTimeout(slow);
  stream.once('end', arrived).once('close', arrived);
}

const messageKey = 'grpc-message';

/** Escapes the message of a gRPC status only where the protocol requires it: some clients decode no other escapes. */
function readable(response: UniversalServerResponse): UniversalServerResponse {
  const { body, trailer } = response;
  if (!trailer || !body) return response;
  const thenReadable = async function* () {
    yield* body;
    const message = trailer.get(messageKey);
    if (message === null) return;
    trailer.set(messageKey, decodeURIComponent(message).replaceAll(/[^ -$&-~]+/gu, encodeURIComponent));
  };
  return { ...response, body: thenReadable() };
}
