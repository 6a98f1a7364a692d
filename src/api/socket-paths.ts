import { join } from 'node:path';
import { endpointName } from '../endpoint-name.ts';

/** Short, because the path of a socket can have at most 107 bytes. */
const maxNameLength = 48;

/** The sockets of a server. */
export interface SocketPaths {
  /** Connect and JSON over HTTP/1.1. */
  readonly connect: string;
  /** gRPC over HTTP/2. */
  readonly grpc: string;
}

/** @param endpoint on which the server listens for clients. */
export function socketPaths(folder: string, endpoint: string): SocketPaths {
  const path = join(folder, endpointName(endpoint, maxNameLength));
  return { connect: `${path}.sock`, grpc: `${path}.grpc.sock` };
}
