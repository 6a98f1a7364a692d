import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import type { Ping, Pong } from '../../../../schemas/api/tenten/interview/service_pb.js';
import { goodbye } from '../serve/goodbye.ts';
import type { Connection } from './connection.ts';
import type { Gateway } from './gateway.ts';
import { PingQueue } from './ping-queue.ts';

/** `Gateway.Connect` as an implementation for Connect. */
export async function* connectCall(
  gateway: Gateway,
  pongs: AsyncIterable<Pong>,
  { requestHeader, signal, values }: HandlerContext,
): AsyncGenerator<Ping> {
  const queue = new PingQueue(values.get(goodbye));
  const connection = gateway.open((key) => requestHeader.get(key) ?? undefined, queue);
  const leave = () => connection.close(signal.reason instanceof ConnectError ? signal.reason : undefined);
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  void read(gateway, pongs, connection);
  try {
    yield* queue.pings();
  } finally {
    connection.close();
    signal.removeEventListener('abort', leave);
  }
}

/** Reads pongs until the user leaves or its stream is closed. Never rejects. */
async function read(gateway: Gateway, pongs: AsyncIterable<Pong>, connection: Connection): Promise<void> {
  try {
    for await (const { status } of pongs) gateway.pong(connection, status);
    connection.close();
  } catch (error) {
    const fault = ConnectError.from(error);
    // Connect reports invalid protobuf as `internal`.
    const isUnreadable = fault.code === Code.Internal && fault.rawMessage.startsWith('parse binary: ');
    if (isUnreadable) gateway.refuse(connection, new ConnectError(fault.rawMessage, Code.InvalidArgument));
    else if (fault.code === Code.ResourceExhausted) gateway.refuse(connection, fault);
    else connection.close();
  }
}
