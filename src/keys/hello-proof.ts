import { createHmac, createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { type Credentials, SignalboxError } from '../../schemas/index.ts';
import { decodeZ85 } from '../wire/z85.ts';
import { hashToken } from './allow-list.ts';

/** Domain separation: a proof made with the shared secret is only valid in a hello. */
const purpose = Buffer.from('signalbox-hello\0');

interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What a proof is valid for: one name in one client process. */
export interface ProofOf {
  readonly name: string;
  readonly bootId: string;
}

/**
 * Computes the `token` of a hello. It proves possession of the secret key and the token of the same credentials. A ROUTER
 * cannot tell which key opened a connection, so the key is proved again inside the connection.
 */
export function helloProof(secret: Buffer, tokenHash: string, { name, bootId }: ProofOf): string {
  return createHmac('sha256', secret)
    .update(purpose)
    .update(Buffer.from(tokenHash, 'hex'))
    .update(`${name}\0${bootId}`)
    .digest('base64url');
}

/** @throws SignalboxError `not_allowed` if a key is not valid. */
export function proofByCredentials(keys: Credentials, of: ProofOf): string {
  return helloProof(new SharedSecrets(keys).with(keys.serverKey), hashToken(keys.token), of);
}

/** X25519 of one secret key with public keys. Results are cached until `forget`. */
export class SharedSecrets {
  private readonly own: KeyPair;
  private readonly known = new Map<string, Buffer>();
  private privateKey: KeyObject | undefined;

  constructor(own: KeyPair) {
    this.own = own;
  }

  /** @throws SignalboxError `not_allowed` if one of the keys is not valid, or is a point of small order. */
  with(publicKey: string): Buffer {
    const known = this.known.get(publicKey);
    if (known) return known;
    const secret = this.derive(publicKey);
    this.known.set(publicKey, secret);
    return secret;
  }

  forget(): void {
    this.known.clear();
  }

  private derive(other: string): Buffer {
    try {
      const { publicKey, secretKey } = this.own;
      const d = base64urlOf(secretKey);
      this.privateKey ??= createPrivateKey({ key: { ...curve, x: base64urlOf(publicKey), d }, format: 'jwk' });
      const theirs = createPublicKey({ key: { ...curve, x: base64urlOf(other) }, format: 'jwk' });
      return diffieHellman({ privateKey: this.privateKey, publicKey: theirs });
    } catch (cause) {
      throw new SignalboxError('not_allowed', 'the credentials contain a key that is not a valid CURVE key', { cause });
    }
  }
}

const curve = { kty: 'OKP', crv: 'X25519' } as const;

const base64urlOf = (key: string): string => decodeZ85(key).toString('base64url');
