import { constants } from 'node:http2';
import { Code, ConnectError } from '@connectrpc/connect';
import { Status } from '../../../../schemas/api/tenten/interview/service_pb.js';
import { GrpcFrames } from '../serve/grpc-frames.ts';
import type { GrpcSession } from './grpc-session.ts';

const frameOf = (status: Status): Buffer => Buffer.of(0, 0, 0, 0, 2, 8, status);
const pongs: Readonly<Record<number, Buffer>> = {
  [Status.EVEN]: frameOf(Status.EVEN),
  [Status.ODD]: frameOf(Status.ODD),
};

/** A call of `Gateway.Connect` in plain gRPC. */
export interface UserCall {
  /** Resolves with the final status; undefined for OK. Never rejects. */
  readonly ended: Promise<ConnectError | undefined>;
  pong(status: Status): void;
  /** Ends the sending side: no more pongs follow. */
  leave(): void;
  /** Ends the call at once. */
  abort(error: ConnectError): void;
}

export function startCall(
  session: GrpcSession,
  headers: Readonly<Record<string, string>>,
  onPing: () => void,
): UserCall {
  const stream = session.call('/tenten.interview.Gateway/Connect', headers);
  const { promise: ended, resolve } = Promise.withResolvers<ConnectError | undefined>();
  const frames = new GrpcFrames();
  let status: ConnectError | 'ok' | undefined;
  let fault: Error | undefined;
  const take = ({ 'grpc-status': code, 'grpc-message': message }: NodeJS.Dict<string | string[]>) => {
    if (code === undefined || status) return;
    status = code === '0' ? 'ok' : new ConnectError(decode(String(message ?? '')), Number(code));
  };
  const abort = (error: ConnectError) => {
    status ??= error;
    stream.close(constants.NGHTTP2_CANCEL);
  };
  stream.on('response', (answered) => {
    take(answered);
    if (answered[':status'] !== 200) abort(new ConnectError(`HTTP status ${answered[':status']}`, Code.Unavailable));
    // Not earlier: the error page of a proxy without a gateway can arrive together with its status, and before it.
    stream.on('data', (bytes: Buffer) => {
      try {
        for (const _ of frames.take(bytes)) onPing();
      } catch (error) {
        abort(ConnectError.from(error));
      }
    });
  });
  stream.on('trailers', take);
  stream.on('error', (error) => {
    fault = error;
  });
  stream.once('close', () => {
    const why = session.failure?.message ?? fault?.message ?? 'the connection has ended';
    resolve(status === 'ok' ? undefined : (status ?? new ConnectError(why, Code.Unavailable)));
  });
  return {
    ...{ ended, abort },
    pong(one) {
      if (!stream.destroyed && !stream.writableEnded) stream.write(pongs[one] ?? frameOf(one));
    },
    leave: () => void (stream.destroyed || stream.end()),
  };
}

/** Decodes escapes; invalid escapes are kept. */
function decode(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
