import { createHash, type X509Certificate } from 'node:crypto';

/**
 * SHA-256 of the SubjectPublicKeyInfo of a certificate, in hexadecimal. It does not change when the certificate is
 * renewed.
 */
export const keyFingerprint = ({ publicKey }: X509Certificate): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
