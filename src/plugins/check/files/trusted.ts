import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { SignalboxError } from '../../../index.ts';

/** The certificates that Node trusts, and those of a file. @throws SignalboxError `bad_arguments` if the file has none or an invalid one */
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
