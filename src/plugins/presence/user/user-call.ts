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

/** A call of `Gateway.Connect` by plain gRPC. */
export interface UserCall {
  /** The status with which it has ended; undefined for OK. Never rejects. */
  readonly ended: Promise<ConnectError | undefined>;
  pong(status: Status): void;
  /** Says that no more pongs will come. */
  leave(): void;
  /** Ends it at once. */
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
    // Not before: the page of a proxy that has no gateway can arrive together with its status, and is told first.
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

/** What is no escape stays as it is. */
function decode(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
