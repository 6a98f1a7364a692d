import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { SMTPTransportOptions } from 'nodemailer';
import { SignalboxError } from '../../../schemas/index.ts';
import { type Channel, DeliveryFailure, type Notification } from '../../plugin/channel.ts';
import { wordsOf } from '../../process/system-error.ts';
import { letterOf } from './letter.ts';

const defaultTimeoutMs = 30_000;
/** Port on which TLS begins with the first byte. */
const tlsPort = 465;
const [submissionPort, relayPort] = [587, 25];
/** Messages of which it is remembered who has taken them while others have not. */
const maxRemembered = 1_000;
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

export interface MailOptions {
  readonly host: string;
  /** Default: 587 with a password, 25 without. */
  readonly port?: number | undefined;
  /** Whether TLS begins with the first byte. Default: on port 465. */
  readonly secure?: boolean;
  readonly from: string;
  readonly to: readonly string[];
  /** Default: `from`. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** PEM; undefined: those of Node. */
  readonly ca?: string | undefined;
  /** Of one attempt. Default: 30,000. */
  readonly timeoutMs?: number;
}

/**
 * Sends mails by SMTP. TLS is used wherever the server offers it, apart from loopback, and its certificate is verified; with a password there is no
 * mail without TLS.
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
        throw new DeliveryFailure(`it does not take mail for ${rejected.map(addressOf).join(', ')}`);
      } catch (error) {
        throw timeUp.aborted ? new DeliveryFailure(`it took more than ${timeoutMs / 1_000} s`) : failureOf(error);
      } finally {
        socket?.destroy();
      }
    },
  };
}

/** A socket of ours: it ends with the attempt, whatever the server does. */
async function open(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port, signal });
  // Whoever waits for it is told by its end; nobody may be listening any more.
  socket.on('error', () => {});
  await once(socket, 'connect', { signal });
  return socket;
}

const addressOf = (one: string | { readonly address: string }): string => (typeof one === 'string' ? one : one.address);

/** Words of the server may repeat what it was told: with a login they are left out. */
function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error;
  const { code, responseCode } = Object(error) as { code?: unknown; responseCode?: unknown };
  if (code === 'EAUTH') return new DeliveryFailure(`it has refused the login (${responseCode ?? 'no such method'})`);
  const [line = ''] = wordsOf(error).split(/[\r\n]/);
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
