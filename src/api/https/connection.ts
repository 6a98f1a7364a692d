import type { Request } from '../refuse.ts';
import type { PeerCertificate } from './peer-certificate.ts';

/** One connection after its handshake. */
export interface Connection {
  readonly address: string;
  /** What limits count it as. */
  readonly source: string;
  readonly certificate: PeerCertificate | undefined;
  /** Nobody has signed in on it. */
  isStranger: boolean;
  failures: number;
  /** Cuts it off. */
  readonly end: () => void;
}

const key = Symbol('connection');

/** HTTP/2 hides the socket behind another object, which lets its properties through. */
export function setConnection(socket: object, connection: Connection): void {
  Object.assign(socket, { [key]: connection });
}

export function connectionOf({ socket }: Request): Connection {
  const { [key]: connection } = socket as { [key]?: Connection };
  if (connection) return connection;
  throw new Error('a request of no connection');
}
