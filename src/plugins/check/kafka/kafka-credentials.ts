import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates } from 'node:tls';
import { z } from 'zod';
import { SignalboxError } from '../../../index.ts';

const fileName = z.string().min(1).max(255);

/** The format of the file, as JSON. File names refer to files in the same folder. */
export const credentialsFileSchema = z.strictObject({
  sasl: z
    .strictObject({
      mechanism: z.enum(['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN']),
      username: z.string().min(1),
      password: z.string().min(1),
    })
    .optional(),
  /** `{}`: TLS without a client certificate, and with the usual authorities. */
  tls: z
    .strictObject({
      /** Certificates in PEM to trust instead of the usual ones. */
      ca: fileName.optional(),
      /** Certificates of this client in PEM, its own first. */
      cert: fileName.optional(),
      key: fileName.optional(),
    })
    .optional(),
});

type CredentialsFile = z.output<typeof credentialsFileSchema>;

/** How client and brokers authenticate. Without `tls`, nothing is encrypted. */
export interface KafkaCredentials {
  readonly sasl?: NonNullable<CredentialsFile['sasl']>;
  readonly tls?: { readonly ca: readonly string[]; readonly cert?: string; readonly key?: string };
}

/**
 * @param name name of the file, for error messages
 * @param readBeside reads a file in the same folder
 * @throws SignalboxError `bad_arguments` for unusable content: the message names the file and the place in it, and quotes nothing.
 * Also errors of `readBeside`
 */
export async function parseKafkaCredentials(
  name: string,
  text: string,
  readBeside: (name: string) => Promise<string>,
): Promise<KafkaCredentials> {
  const { sasl, tls } = parseFile(name, text);
  if (!tls) {
    if (sasl?.mechanism === 'PLAIN') throw fault(name, 'PLAIN sends the password unencrypted, so it needs tls');
    return sasl ? { sasl } : {};
  }
  if ((tls.cert === undefined) !== (tls.key === undefined))
    throw fault(name, 'tls needs both cert and key, or neither');
  const read = async (file: string | undefined) => (file === undefined ? undefined : await readBeside(file));
  const [ca, cert, key] = [await read(tls.ca), await read(tls.cert), await read(tls.key)];
  const authorities = ca === undefined ? undefined : certificatesIn(ca);
  if (authorities?.length === 0) throw fault(name, 'the file of tls.ca must have certificates in PEM');
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw fault(
      name,
      'the files of tls.cert and tls.key must have a certificate and its key in PEM, not encrypted',
      cause,
    );
  }
  return {
    ...(sasl && { sasl }),
    tls: {
      ca: authorities ?? getCACertificates('default'),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    },
  };
}

function parseFile(name: string, text: string): CredentialsFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of JSON.parse quotes the text.
    throw fault(name, 'it must be JSON');
  }
  const parsed = credentialsFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys')
    throw fault(name, `${path === '' ? 'it' : path} may only have the fields ${fieldsOf(path)}`);
  throw fault(name, `${path === '' ? 'it' : path} is missing or not as docs/checks.md shows it`);
}

const fieldsOf = (path: string): string =>
  path === 'sasl' ? 'mechanism, username, password' : path === 'tls' ? 'ca, cert, key' : 'sasl, tls';

function certificatesIn(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
    return blocks;
  } catch {
    return [];
  }
}

const fault = (name: string, why: string, cause?: unknown) =>
  new SignalboxError('bad_arguments', `--kafka-credentials ${name}: ${why}`, { cause });
