import { curveKeyPair } from 'zeromq';

/** Keys of CurveZMQ (RFC 26), in Z85. */
interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What makes a DEALER speak to one server alone. */
export interface ClientKeys extends KeyPair {
  readonly serverKey: string;
}

/** A handshake that asks to be let in. */
export interface Handshake {
  /** The client's public key, in Z85. */
  readonly publicKey: string;
  /** Of the other end, without its port; empty for ipc. */
  readonly address: string;
}

/** What makes a ROUTER listen to those alone that are let in. */
export interface ServerKeys extends KeyPair {
  /** False, rejection and timeout all deny the handshake. */
  authenticate(handshake: Handshake): boolean | Promise<boolean>;
}

export function createKeyPair(): KeyPair {
  return curveKeyPair();
}
