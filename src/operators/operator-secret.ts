import { createHash, randomBytes } from 'node:crypto';

/** The stored form of a token or key. */
export interface Secret {
  /** SHA-256 of the token, in hexadecimal. The token itself is not stored. */
  readonly tokenHash?: string;
  /** Fingerprint of the key of its client certificates, instead of a token. */
  readonly keyFingerprint?: string;
}

export function newToken(): { token: string; secret: Secret } {
  const token = `sbx_${randomBytes(32).toString('base64url')}`;
  return { token, secret: { tokenHash: hashOf(token) } };
}

/** A token is long and random, so a fast hash is enough, and a lookup by hash reveals nothing through its timing. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The key under which an operator is found. */
export const secretOf = ({ tokenHash, keyFingerprint }: Secret): string =>
  tokenHash === undefined ? ofKey(keyFingerprint ?? '') : `token ${tokenHash}`;

export const ofToken = (token: string): string => `token ${hashOf(token)}`;
export const ofKey = (fingerprint: string): string => `key ${fingerprint}`;
