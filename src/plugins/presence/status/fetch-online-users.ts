import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { StatusReader } from '../../../../schemas/api/tenten/interview/service_pb.js';
import { type HostPort, hostPortText } from '../model/host-port.ts';

export interface FetchOptions {
  readonly connect: HostPort;
  /** Trusted certificates for TLS, in PEM. Default: clear text. */
  readonly ca?: string | undefined;
  readonly signal: AbortSignal;
}

const timeoutMs = 5_000;

/**
 * Asks a status service for the count. Each call uses a new connection, so that a hung connection fails only one call.
 * @throws ConnectError
 */
export async function fetchOnlineUsers({ connect, ca, signal }: FetchOptions): Promise<bigint> {
  const baseUrl = `${ca === undefined ? 'http' : 'https'}://${hostPortText(connect)}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, ca === undefined ? {} : { ca });
  try {
    const client = createClient(StatusReader, createGrpcTransport({ baseUrl, sessionManager }));
    const { onlineUsers } = await client.fetchOnlineUsersInLast3Mins({}, { signal, timeoutMs });
    return onlineUsers;
  } finally {
    sessionManager.abort();
  }
}
