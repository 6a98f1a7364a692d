import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { fromBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { PongSchema } from '../../../../schemas/api/tenten/interview/service_pb.js';
import type { Carrier, Connection } from '../gateway/connection.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { PresenceLimits } from '../model/limits.ts';
import { destroyAfter } from './destroy-after.ts';
import { GrpcFrames } from './grpc-frames.ts';

/** A `Ping` as a gRPC frame. The message is empty. */
const pingFrame = Buffer.alloc(5);
/** Room for a few pings. */
const maxWaitingBytes = 64;

/**
 * Whether a call of `Gateway.Connect` is plain gRPC, without compression and deadline. Connect answers all other calls; its
 * chain of iterators makes each ping three times as expensive.
 */
export function isPlainGrpc({ headers, method }: Http2ServerRequest): boolean {
  const isGrpc = headers['content-type'] === 'application/grpc' || headers['content-type'] === 'application/grpc+proto';
  const isIdentity = (headers['grpc-encoding'] ?? 'identity') === 'identity';
  return isGrpc && isIdentity && method === 'POST' && headers['grpc-timeout'] === undefined;
}

/**
 * Answers a plain gRPC call.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function answerUser(
  gateway: Gateway,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  { goodbyeMs }: Pick<PresenceLimits, 'goodbyeMs'>,
): void {
  const { stream } = request;
  const frames = new GrpcFrames();
  let isOver = false;
  const end = (error: ConnectError | undefined) => {
    if (isOver) return;
    isOver = true;
    if (stream.closed || stream.destroyed) return;
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/grpc' });
    response.addTrailers({
      'grpc-status': String(error?.code ?? 0),
      ...(error && { 'grpc-message': encodeMessage(error.rawMessage) }),
    });
    // After the status is sent, tells a user that still sends to stop.
    stream.once('wantTrailers', () => setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR)));
    response.end();
    destroyAfter(stream, goodbyeMs);
  };
  const carrier: Carrier = {
    ping() {
      // More pings than that wait only if the user does not read.
      if (stream.writableLength <= maxWaitingBytes && !stream.destroyed) response.write(pingFrame);
    },
    end,
  };
  let connection: Connection;
  try {
    connection = gateway.open((key) => [request.headers[key]].flat()[0], carrier);
  } catch (error) {
    end(ConnectError.from(error));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/grpc' });
  stream.on('data', (bytes: Buffer) => {
    if (isOver) return;
    try {
      for (const message of frames.take(bytes)) gateway.pong(connection, fromBinary(PongSchema, message).status);
    } catch (error) {
      const isOurs = error instanceof ConnectError;
      gateway.refuse(connection, isOurs ? error : new ConnectError('a message is not a Pong', Code.InvalidArgument));
    }
  });
  stream.once('end', () => {
    if (!frames.isWithin || isOver) connection.close();
    else gateway.refuse(connection, new ConnectError('the stream ends within a message', Code.InvalidArgument));
  });
  stream.once('close', () => connection.close());
  stream.once('error', () => connection.close());
}

/** Escapes only the characters that the protocol requires: some clients decode no other escapes. */
const encodeMessage = (message: string): string => message.replaceAll(/[^ -$&-~]+/gu, encodeURIComponent);
