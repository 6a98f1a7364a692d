import { curveKeyPair } from 'zeromq';

/** Keys of CurveZMQ (ZeroMQ RFC 26), in Z85. */
interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** Keys with which a DEALER accepts exactly one server. */
export interface ClientKeys extends KeyPair {
  readonly serverKey: string;
}

/** A handshake that has to be allowed or denied. */
export interface Handshake {
  /** Public key of the client, in Z85. */
  readonly publicKey: string;
  /** Address of the client without its port; empty for ipc. */
  readonly address: string;
}

/** Keys with which a ROUTER accepts only clients that `authenticate` allows. */
export interface ServerKeys extends KeyPair {
  /** False, rejection and timeout all deny the handshake. */
  authenticate(handshake: Handshake): boolean | Promise<boolean>;
}

export function createKeyPair(): KeyPair {
  return curveKeyPair();
}
