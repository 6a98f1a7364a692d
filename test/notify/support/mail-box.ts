import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { Authority } from '../../../src/tls/authority.ts';

/** A mail as it was received. */
export interface ReceivedMail {
  readonly to: readonly string[];
  /** The name of the login; undefined without one. */
  readonly user: string | undefined;
  readonly secure: boolean;
  readonly headers: ReadonlyMap<string, string>;
  /** Decoded. */
  readonly text: string;
}

export const password = 'a password of mail';

/** An SMTP server on loopback that accepts mail for every address except `nobody@example.org`. */
export class MailBox implements AsyncDisposable {
  readonly received: ReceivedMail[] = [];
  readonly logins: (string | undefined)[] = [];
  /** PEM. */
  readonly ca: string;
  /** Addresses that it refuses. */
  readonly refused = new Set(['nobody@example.org']);
  private readonly server: SMTPServer;

  private constructor(ca: string, options: SMTPServerOptions) {
    this.ca = ca;
    this.server = new SMTPServer({
      ...{ logger: false, disableReverseLookup: true, authOptional: true },
      onAuth: ({ username, password: given }, _session, done) => {
        this.logins.push(username);
        if (given === password) done(null, { user: username });
        else done(new Error(`no such login as ${username} with ${given}`));
      },
      onRcptTo: ({ address }, _session, done) => done(this.refused.has(address) ? new Error('no such box') : null),
      onData: (stream, { envelope, user, secure }, done) => {
        const pieces: Buffer[] = [];
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.on('end', () => {
          const mail = readMail(Buffer.concat(pieces).toString());
          this.received.push({ ...mail, to: envelope.rcptTo.map(({ address }) => address), user, secure });
          done(null, 'taken');
        });
      },
      ...options,
    });
    this.server.on('error', () => {});
  }

  static async open(options: SMTPServerOptions = {}): Promise<MailBox> {
    const authority = await Authority.create();
    const { certificate: cert, key } = await authority.issue({
      name: 'box',
      hosts: ['127.0.0.1', 'localhost'],
      days: 1,
    });
    const box = new MailBox(authority.identity.certificate, { cert, key, ...options });
    await new Promise<void>((resolve) => box.server.listen(0, '127.0.0.1', resolve));
    return box;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

function readMail(raw: string): Pick<ReceivedMail, 'headers' | 'text'> {
  const at = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, at)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.slice(line.indexOf(':') + 2)]),
  );
  const body = raw.slice(at + 4);
  return { headers, text: decoded(body, headers.get('content-transfer-encoding')).replaceAll('\r\n', '\n') };
}

function decoded(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
