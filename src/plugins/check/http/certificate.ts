import type { TLSSocket } from 'node:tls';
import type { ErrorKind } from '../contracts/error-kinds.ts';
import { CheckFault } from './check-fault.ts';

/** Codes of OpenSSL and of Node; all others are `certificate_untrusted`. */
const kinds: Readonly<Record<string, ErrorKind>> = {
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_not_yet_valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate_name',
};

const sentences: Readonly<Record<string, string>> = {
  certificate_expired: 'the certificate has expired',
  certificate_not_yet_valid: 'the certificate is not valid yet',
  certificate_name: 'the certificate is for other names',
};

/** Whole days until the certificate of the server expires; negative if it has expired. */
export function daysLeft(socket: TLSSocket, nowMs: number): number {
  const { validTo } = socket.getPeerX509Certificate() ?? {};
  return validTo === undefined ? 0 : Math.floor((Date.parse(validTo) - nowMs) / 86_400_000);
}

/** @returns undefined if the certificate is valid. */
export function certificateFault({ authorized, authorizationError }: TLSSocket): CheckFault | undefined {
  if (authorized) return undefined;
  const error: unknown = authorizationError;
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const kind = kinds[code] ?? 'certificate_untrusted';
  return new CheckFault(kind, sentences[kind] ?? `the certificate is not trusted (${code})`);
}
