import { constants, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { SignalboxError } from '../../../schemas/errors.ts';
import { wordsOf } from '../../process/system-error.ts';

/** The certificate files of a server. */
export interface TlsFiles {
  /** PEM: the certificate, followed by intermediate certificates. */
  readonly cert: string;
  readonly key: string;
  /** PEM: the authorities that sign certificates of operators. */
  readonly clientCa?: string | undefined;
  readonly min: '1.2' | '1.3';
}

const with13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];
/** Only cipher suites with forward secrecy and authenticated encryption. */
const with12 = ['AES256-GCM-SHA384', 'CHACHA20-POLY1305', 'AES128-GCM-SHA256'].flatMap((suite) => [
  `ECDHE-ECDSA-${suite}`,
  `ECDHE-RSA-${suite}`,
]);

/**
 * Reads the files.
 * @throws SignalboxError `bad_usage` with the reason if they cannot be used.
 */
export function readTlsSettings({ cert, key, clientCa, min }: TlsFiles): SecureContextOptions {
  const settings: SecureContextOptions = {
    cert: read(cert, 'tls-cert'),
    key: read(key, 'tls-key'),
    ...(clientCa !== undefined && { ca: read(clientCa, 'tls-client-ca') }),
    minVersion: min === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
    ciphers: [...with13, ...with12, '@SECLEVEL=2'].join(':'),
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    sessionIdContext: 'signalbox',
  };
  const certificate = parsed(cert, 'tls-cert');
  if (clientCa !== undefined && !parsed(clientCa, 'tls-client-ca').ca) {
    throw unusable(clientCa, 'tls-client-ca', 'it is not the certificate of an authority');
  }
  try {
    createSecureContext(settings);
  } catch (cause) {
    throw unusable(key, 'tls-key', `it does not match ${cert}: ${wordsOf(cause)}`, cause);
  }
  if (certificate.validToDate.getTime() < Date.now()) {
    throw unusable(cert, 'tls-cert', `it expired on ${certificate.validTo}`);
  }
  return settings;
}

function read(path: string, option: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unusable(path, option, wordsOf(cause), cause);
  }
}

function parsed(path: string, option: string): X509Certificate {
  try {
    return new X509Certificate(read(path, option));
  } catch (cause) {
    throw unusable(path, option, 'it is not a PEM certificate', cause);
  }
}

const unusable = (path: string, option: string, why: string, cause?: unknown): SignalboxError =>
  new SignalboxError('bad_usage', `--${option} ${path} cannot be used: ${why}`, { cause });
