import { createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { loadX509, type X509 } from './load-x509.ts';

/** A certificate and its private key, both as PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface Issued extends Identity {
  readonly notAfter: Date;
}

export interface Request {
  /** Common name of the subject: letters, digits, dots and dashes. */
  readonly name: string;
  /** Names and addresses of a server. Undefined for an operator, whose certificate is only valid for a client. */
  readonly hosts?: readonly string[] | undefined;
  readonly days: number;
}

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
const dayMs = 86_400_000;
/** Clocks differ between machines, so certificates are valid from an hour ago. */
const backdatedMs = 3_600_000;
const authorityDays = 3_650;

/** A certificate authority. Its certificates follow RFC 5280: https://www.rfc-editor.org/rfc/rfc5280 */
export class Authority {
  readonly identity: Identity;
  private readonly x509: X509;
  private readonly signingKey: webcrypto.CryptoKey;

  private constructor(x509: X509, identity: Identity, signingKey: webcrypto.CryptoKey) {
    this.x509 = x509;
    this.identity = identity;
    this.signingKey = signingKey;
  }

  /** Creates an authority with a random name. @throws SignalboxError `bad_usage` if the package is missing. */
  static async create(): Promise<Authority> {
    const x509 = await loadX509();
    const keys = await createKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: nameOf(`Signalbox CA ${randomBytes(4).toString('hex')}`),
      keys,
      signingAlgorithm,
      ...validity(authorityDays),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const identity = { certificate: pemOf(certificate), key: pemOfKey(keys.privateKey) };
    return new Authority(x509, identity, keys.privateKey);
  }

  /**
   * @throws the error of OpenSSL if these are not a certificate and a key on P-256; Error if the key does not belong to
   * the certificate, or the certificate has expired.
   */
  static async read(identity: Identity): Promise<Authority> {
    const x509 = await loadX509();
    const key = createPrivateKey(identity.key);
    const certificate = new X509Certificate(identity.certificate);
    if (!certificate.checkPrivateKey(key)) throw new Error('the key does not belong to its certificate');
    if (certificate.validToDate.getTime() < Date.now())
      throw new Error(`its certificate expired on ${certificate.validTo}`);
    const signingKey = key.toCryptoKey(keyAlgorithm, false, ['sign']);
    return new Authority(x509, identity, signingKey);
  }

  /** Issues a certificate. It expires no later than the certificate of the authority. */
  async issue({ name, hosts, days }: Request): Promise<Issued> {
    const { x509 } = this;
    const issuer = new x509.X509Certificate(this.identity.certificate);
    const { notBefore, notAfter } = validity(days, issuer.notAfter);
    const keys = await createKeys();
    const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
    const certificate = await x509.X509CertificateGenerator.create({
      subject: nameOf(name),
      issuer: issuer.subjectName,
      publicKey: keys.publicKey,
      signingKey: this.signingKey,
      signingAlgorithm,
      notBefore,
      notAfter,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([hosts ? serverAuth : clientAuth]),
        ...(hosts ? [new x509.SubjectAlternativeNameExtension(hosts.map(alternativeName))] : []),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ],
    });
    return { certificate: pemOf(certificate), key: pemOfKey(keys.privateKey), notAfter };
  }
}

const createKeys = () => webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
const nameOf = (name: string) => [{ CN: [name] }];
const pemOf = (certificate: { toString(format: 'pem'): string }) => `${certificate.toString('pem').trim()}\n`;
const pemOfKey = (key: webcrypto.CryptoKey) => KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }) as string;
const alternativeName = (host: string) => ({
  type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
  value: host,
});

function validity(days: number, notAfter?: Date): { notBefore: Date; notAfter: Date } {
  const nowMs = Date.now();
  const endMs = Math.min(nowMs + days * dayMs, notAfter?.getTime() ?? Number.POSITIVE_INFINITY);
  return { notBefore: new Date(nowMs - backdatedMs), notAfter: new Date(endMs) };
}
