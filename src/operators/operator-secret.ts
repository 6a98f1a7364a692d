import { createHash, randomBytes } from 'node:crypto';

/** What an operator signs in with, as it is stored. */
export interface Secret {
  /** SHA-256 of the token, in hexadecimal: the token itself is nowhere. */
  readonly tokenHash?: string;
  /** Instead of a token, of the key of its client certificates. */
  readonly keyFingerprint?: string;
}

export function newToken(): { token: string; secret: Secret } {
  const token = `sbx_${randomBytes(32).toString('base64url')}`;
  return { token, secret: { tokenHash: hashOf(token) } };
}

/** A token is random and long: nothing slower is needed, and a hash that is looked up tells nothing by its time. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** By which an operator is found. */
export const secretOf = ({ tokenHash, keyFingerprint }: Secret): string =>
  tokenHash === undefined ? ofKey(keyFingerprint ?? '') : `token ${tokenHash}`;

export const ofToken = (token: string): string => `token ${hashOf(token)}`;
export const ofKey = (fingerprint: string): string => `key ${fingerprint}`;
