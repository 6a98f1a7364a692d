import type { Request } from '../refuse.ts';
import type { PeerCertificate } from './peer-certificate.ts';

/** A connection after its handshake. */
export interface Connection {
  readonly address: string;
  /** The source that limits apply to. */
  readonly source: string;
  readonly certificate: PeerCertificate | undefined;
  /** True until somebody signs in on it. */
  isStranger: boolean;
  failures: number;
  /** Closes the connection at once. */
  readonly end: () => void;
}

const key = Symbol('connection');

/** HTTP/2 wraps the socket in an object that passes its properties through. */
export function setConnection(socket: object, connection: Connection): void {
  Object.assign(socket, { [key]: connection });
}

export function connectionOf({ socket }: Request): Connection {
  const { [key]: connection } = socket as { [key]?: Connection };
  if (connection) return connection;
  throw new Error('a request without a connection');
}
