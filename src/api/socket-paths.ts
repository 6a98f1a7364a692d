import { join } from 'node:path';
import { endpointName } from '../endpoint-name.ts';

/** Short, since a socket's path has at most 107 bytes. */
const maxNameLength = 48;

/** Where a server answers. */
export interface SocketPaths {
  /** Connect and JSON over HTTP/1.1. */
  readonly connect: string;
  /** gRPC over HTTP/2. */
  readonly grpc: string;
}

/** @param endpoint where the server listens for clients. */
export function socketPaths(folder: string, endpoint: string): SocketPaths {
  const path = join(folder, endpointName(endpoint, maxNameLength));
  return { connect: `${path}.sock`, grpc: `${path}.grpc.sock` };
}
