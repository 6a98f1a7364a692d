import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { SignalboxError } from '../../index.ts';
import type { Address } from './address.ts';

/**
 * TLS options as in libpq (https://www.postgresql.org/docs/current/libpq-ssl.html), except that without `sslrootcert` the
 * certificates that Node trusts apply.
 * @returns false for a connection without TLS
 * @throws SignalboxError `unavailable` if a file cannot be read
 */
export function tlsOptions({ host, sslMode, sslRootCert, sslCert, sslKey }: Address): ConnectionOptions | false {
  if (sslMode === 'disable' || host.startsWith('/')) return false;
  const hasRoot = sslRootCert !== undefined && sslRootCert !== 'system';
  const isVerified = sslMode.startsWith('verify') || (sslMode === 'require' && hasRoot);
  return {
    rejectUnauthorized: isVerified,
    ...(hasRoot && { ca: read('sslrootcert', sslRootCert) }),
    ...(sslCert !== undefined && { cert: read('sslcert', sslCert) }),
    ...(sslKey !== undefined && { key: read('sslkey', sslKey) }),
    ...(sslMode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  };
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { message } = cause instanceof Error ? cause : { message: String(cause) };
    throw new SignalboxError('unavailable', `${name} cannot be read: ${message}`, { cause });
  }
}
