import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { createContextValues } from '@connectrpc/connect';
import type { UniversalServerRequest, UniversalServerResponse } from '@connectrpc/connect/protocol';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import { cutText } from '../../schemas/cut-text.ts';
import { limits } from '../../schemas/limits.ts';
import { dropKey, payloadsKey } from './call-context.ts';
import { blamingCaller } from './callers-fault.ts';
import { enveloped, inLines, wantsLines } from './json-lines.ts';
import { withPayloads } from './payloads.ts';
import { readyHeaders } from './ready-headers.ts';
import type { Routes } from './routes.ts';

const messageKey = 'grpc-message';

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** Answers a request. Never rejects: what goes wrong below a status ends the connection, or its stream. */
export async function answer(request: Request, response: Response, routes: Routes): Promise<void> {
  // Without it, an error of the connection would end the process.
  response.on('error', () => {});
  const drop = () => ('stream' in response ? response.stream.destroy() : response.destroy());
  try {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const handler = routes.get(path);
    if (!handler) {
      refuse(response, 404, 'unimplemented', `there is no ${path}; a method is POST /signalbox.v1.JobService/Submit`);
      return;
    }
    if (!isBase64(request.url)) {
      refuse(response, 400, 'invalid_argument', "'message' in the query is not base64, as 'base64=1' says");
      return;
    }
    readyHeaders(request.headers);
    const isStream = handler.method.methodKind === 'server_streaming';
    const payloads = isStream && /json/.test(request.headers['content-type'] ?? '') ? [] : undefined;
    const values = createContextValues().set(dropKey, drop).set(payloadsKey, payloads);
    const given = universalRequestFromNodeRequest(request, response as ServerResponse, undefined, values);
    const respond = async (asked: UniversalServerRequest) => withPayloads(await handler(asked), payloads);
    const asLines = isStream && wantsLines(given);
    const answered = asLines ? await inLines(await respond(enveloped(given))) : await respond(given);
    if (answered.status === 415) {
      const hint = "send a request in JSON with the header 'content-type: application/json'";
      refuse(response, 415, 'invalid_argument', hint);
    } else if (answered.status === 405) refuse(response, 405, 'invalid_argument', `${path} is called with POST`);
    else await universalResponseToNodeResponse(endedWith(response, readable(await blamingCaller(answered))), response);
  } catch {
    drop();
  }
}

/** Whether the message in the query of a GET is encoded as it says. Connect would answer `internal`. */
function isBase64(url = ''): boolean {
  const [, asked] = url.split('?');
  if (asked === undefined) return true;
  const query = new URLSearchParams(asked);
  if (query.get('base64') !== '1') return true;
  try {
    base64Decode(query.get('message') ?? '');
    return true;
  } catch {
    return false;
  }
}

/**
 * Leaves the body when the connection has ended: what writes it may wait then for a write that does not end, and a
 * stream would be kept as long.
 */
function endedWith(response: Response, answered: UniversalServerResponse): UniversalServerResponse {
  const body = answered.body?.[Symbol.asyncIterator]();
  if (!body) return answered;
  const leave = () => void body.return?.().catch(() => {});
  if (response.closed) leave();
  else response.once('close', leave);
  return { ...answered, body: { [Symbol.asyncIterator]: () => body } };
}

/**
 * The message of a gRPC status, with no more escapes than the protocol asks for: some clients decode no others. One that
 * is too long for a header would end the connection.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
 */
function readable(response: UniversalServerResponse): UniversalServerResponse {
  const { body, trailer } = response;
  if (!trailer || !body) return response;
  const thenReadable = async function* () {
    yield* body;
    const message = trailer.get(messageKey);
    if (message !== null) trailer.set(messageKey, shortened(message).replaceAll(/[^ -$&-~]+/gu, encodeURIComponent));
  };
  return { ...response, body: thenReadable() };
}

const shortened = (message: string): string => cutText(decodeURIComponent(message), limits.maxTextBytes);

/** An answer in JSON, in the form of Connect's errors. */
function refuse(response: Response, status: number, code: string, message: string): void {
  // The two kinds do the same, but their overloads have no type in common.
  const either = response as ServerResponse;
  either.writeHead(status, { 'content-type': 'application/json' });
  either.end(`${JSON.stringify({ code, message })}\n`);
}
