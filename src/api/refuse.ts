import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import type { ConnectError } from '@connectrpc/connect';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { codeToHttpStatus, endStreamFlag, endStreamToJson, errorToJson } from '@connectrpc/connect/protocol-connect';
import { setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { cutText } from '../../schemas/cut-text.ts';
import { limits } from '../../schemas/limits.ts';

export const messageKey = 'grpc-message';

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/** Sends an error as JSON, in the form of Connect. */
export function refuse(response: Response, status: number, code: string, message: string): void {
  send(response, status, { 'content-type': 'application/json' }, `${JSON.stringify({ code, message })}\n`);
}

/**
 * Responds to a request after reading only its headers, in the error format of its protocol.
 * @param more additional headers of the response.
 */
export function refuseUnread(
  request: Request,
  response: Response,
  { error, more = {} }: { error: ConnectError; more?: Readonly<Record<string, string>> },
): void {
  const type = request.headers['content-type'] ?? '';
  const isHttp2 = 'stream' in response;
  // An unread body would keep the connection busy.
  const headers = { ...more, ...(!isHttp2 && hasLongBody(request) && { connection: 'close' }) };
  if (type.startsWith('application/grpc')) {
    const status = Object.fromEntries(setTrailerStatus(new Headers(), error));
    status[messageKey] = grpcMessage(status[messageKey] ?? '');
    const trailers = { ...headers, 'content-type': 'application/grpc', ...status };
    // One frame with everything: some clients do not accept a status in two frames.
    if (isHttp2) response.stream.respond({ ':status': 200, ...trailers }, { endStream: true });
    else send(response, 200, trailers);
  } else if (type.startsWith('application/connect+')) {
    const end = JSON.stringify(endStreamToJson(new Headers(), error, undefined));
    send(response, 200, { ...headers, 'content-type': type }, encodeEnvelope(endStreamFlag, Buffer.from(end)));
  } else {
    const json = `${JSON.stringify(errorToJson(error, undefined))}\n`;
    send(response, codeToHttpStatus(error.code), { ...headers, 'content-type': 'application/json' }, json);
  }
  if (isHttp2) endUnread(response.stream);
}

const dropMs = 500;

/**
 * Discards the rest of a request, and resets the stream if it continues. If a reset arrives together with the response,
 * some proxies lose the response: nginx turns it into a 502.
 */
function endUnread(stream: ServerHttp2Stream): void {
  stream.resume();
  const goesOn = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), dropMs);
  stream.once('close', () => clearTimeout(goesOn));
}

/**
 * The message of a gRPC status, with only the escapes that the protocol requires, because some clients decode no
 * others. A message that is too long for a header would end the connection.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
 * @param message with the escapes of Connect.
 */
export const grpcMessage = (message: string): string =>
  cutText(decodeURIComponent(message), limits.maxTextBytes).replaceAll(/[^ -$&-~]+/gu, encodeURIComponent);

const longBodyBytes = 65_536;

const hasLongBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > longBodyBytes;

function send(
  response: Response,
  status: number,
  headers: Readonly<Record<string, string>>,
  body?: string | Uint8Array,
): void {
  // Both kinds behave the same, but their overloads have no common type.
  const either = response as ServerResponse;
  either.writeHead(status, headers);
  either.end(body);
}
