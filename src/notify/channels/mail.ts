import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { SMTPTransportOptions } from 'nodemailer';
import { SignalboxError } from '../../../schemas/index.ts';
import { type Channel, DeliveryFailure, type Notification } from '../../plugin/channel.ts';
import { wordsOf } from '../../process/system-error.ts';
import { letterOf } from './letter.ts';

const defaultTimeoutMs = 30_000;
/** On this port the connection starts with TLS. */
const tlsPort = 465;
const [submissionPort, relayPort] = [587, 25];
/** Partly accepted messages whose accepted recipients are remembered. */
const maxRemembered = 1_000;
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

export interface MailOptions {
  readonly host: string;
  /** Default: 587 with a password, 25 without. */
  readonly port?: number | undefined;
  /** Whether the connection starts with TLS. Default: on port 465. */
  readonly secure?: boolean;
  readonly from: string;
  readonly to: readonly string[];
  /** Default: `from`. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Trusted authorities in PEM. Default: those of Node. */
  readonly ca?: string | undefined;
  /** Time limit of an attempt. Default: 30,000. */
  readonly timeoutMs?: number;
}

/**
 * Sends mails by SMTP. TLS is used if the server offers it, except on loopback, and the certificate is verified. A password requires TLS.
 * @throws SignalboxError `bad_usage` without the package.
 */
export async function createMailChannel(options: MailOptions): Promise<Channel> {
  const { createTransport } = await loadNodemailer();
  const { host, from, to, user = from, password, ca, timeoutMs = defaultTimeoutMs } = options;
  const { port = password === undefined ? relayPort : submissionPort } = options;
  const { secure = port === tlsPort } = options;
  const isOpen = password === undefined && loopback.test(host);
  const smtp: SMTPTransportOptions = {
    ...{ host, port, secure, requireTLS: password !== undefined, ignoreTLS: isOpen },
    ...(password !== undefined && { auth: { user, pass: password } }),
    tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  };
  const takenBy = new Map<string, ReadonlySet<string>>();
  return {
    about: `mail ${to.join(', ')} by ${host}`,
    async send(message: Notification, { signal }) {
      const taken = takenBy.get(message.id) ?? new Set<string>();
      const left = to.filter((one) => !taken.has(one));
      const timeUp = AbortSignal.timeout(timeoutMs);
      const either = AbortSignal.any([signal, timeUp]);
      let socket: Socket | undefined;
      try {
        socket = await open(host, port, either);
        const { accepted, rejected } = await createTransport({ ...smtp, connection: socket }).sendMail({
          ...letterOf(message, { from, to }),
          envelope: { from, to: left },
        });
        takenBy.delete(message.id);
        if (rejected.length === 0) return;
        takenBy.set(message.id, new Set([...taken, ...accepted.map(addressOf)]));
        for (const id of [...takenBy.keys()].slice(0, -maxRemembered)) takenBy.delete(id);
        throw new DeliveryFailure(`it refused mail for ${rejected.map(addressOf).join(', ')}`);
      } catch (error) {
        if (timeUp.aborted) throw new DeliveryFailure(`it took more than ${timeoutMs / 1_000} s`);
        throw failureOf(error, password === undefined ? [] : formsOf(user, password));
      } finally {
        socket?.destroy();
      }
    },
  };
}

/** Opens the socket ourselves, so that it can be closed at the end of the attempt. */
async function open(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port, signal });
  // An error after the attempt has no other listener and would end the process.
  socket.on('error', () => {});
  await once(socket, 'connect', { signal });
  return socket;
}

const addressOf = (one: string | { readonly address: string }): string => (typeof one === 'string' ? one : one.address);

/** A password as it can appear in commands of SMTP. */
function formsOf(user: string, password: string): string[] {
  const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '');
  return [password, base64(password), base64(`\0${user}\0${password}`)].filter(Boolean);
}

/** A server may quote the commands that it received. Answers that contain the password are not passed on. */
function failureOf(error: unknown, secrets: readonly string[]): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error;
  const { code, responseCode } = Object(error) as { code?: unknown; responseCode?: unknown };
  if (code === 'EAUTH') return new DeliveryFailure(`it refused the login (${responseCode ?? 'no supported method'})`);
  const words = wordsOf(error);
  if (secrets.some((secret) => words.includes(secret))) return new DeliveryFailure(`it answered ${responseCode}`);
  const [line = ''] = words.split(/[\r\n]/);
  return new DeliveryFailure(line.slice(0, 200), { cause: error });
}

async function loadNodemailer(): Promise<typeof import('nodemailer')> {
  try {
    return await import('nodemailer');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw cause;
    throw new SignalboxError('bad_usage', 'mail needs the package nodemailer: npm install nodemailer@10', { cause });
  }
}
