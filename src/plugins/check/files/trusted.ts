import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { SignalboxError } from '../../../index.ts';

/** What Node trusts, and the certificates of a file. @throws SignalboxError `bad_arguments` for what is no certificate. */
export function trusting(name: string, pem: string): SecureContext {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length === 0) throw new Error('there is none');
    for (const block of blocks) new X509Certificate(block);
    return createSecureContext({ ca: [...getCACertificates('default'), ...blocks] });
  } catch (cause) {
    throw new SignalboxError('bad_arguments', `--ca ${name} must have certificates in PEM`, { cause });
  }
}
