import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { SignalboxError } from '../../../schemas/errors.ts';
import type { JobService } from '../../plugin/job-service.ts';
import { systemCode, wordsOf } from '../../process/system-error.ts';
import { createHttp } from '../http.ts';
import { Callers } from './callers.ts';
import { type NetworkLimits, networkLimits } from './network-limits.ts';
import type { DoorNews } from './news.ts';
import { type Credentials, createSignIn } from './sign-in.ts';
import { Strangers } from './strangers.ts';
import { readTlsSettings, type TlsFiles } from './tls-settings.ts';

/** The address of the API over https. */
export interface HttpsAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpsOptions {
  readonly at: HttpsAddress;
  readonly tls: TlsFiles;
  readonly credentials: Credentials;
  readonly tell: (news: DoorNews) => void;
  readonly limits?: NetworkLimits;
}

export interface OpenHttps extends AsyncDisposable {
  readonly url: string;
  /**
   * Reads the certificate files again, for new connections.
   * @throws SignalboxError `bad_usage`; then the old certificates stay in use.
   */
  reload(): void;
}

/**
 * Serves operators on a port, over TLS, until it is disposed of.
 * @throws SignalboxError `bad_usage` for certificates that cannot be used; `cannot_bind`
 */
export async function serveHttps(service: JobService, options: HttpsOptions): Promise<OpenHttps> {
  const { at, tls, credentials, tell, limits = networkLimits } = options;
  const { idleMs, maxFailuresOfConnection: maxFailures } = limits;
  const strangers = new Strangers(limits);
  const signIn = createSignIn({ credentials, strangers, maxFailures, tell });
  const tlsServer = createTlsServer({
    ...readTlsSettings(tls),
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: limits.handshakeMs,
    requestCert: tls.clientCa !== undefined,
    // A caller with a token needs no certificate, so certificates are judged with each request.
    rejectUnauthorized: false,
  });
  const callers = new Callers({ strangers, limits, tell, tlsServer });
  const http = createHttp(service, { name: '', limits, signIn, idleMs });
  tlsServer.on('secureConnection', (socket) => {
    callers.greet(socket);
    http[socket.alpnProtocol === 'h2' ? 'grpc' : 'connect'](socket);
  });
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => callers.come(socket));
  try {
    await once(server.listen(at), 'listening');
  } catch (cause) {
    await http.end();
    throw new SignalboxError('cannot_bind', whyNot(at, cause), { cause });
  }
  // For example, no file descriptor is left. Later connections may succeed.
  server.on('error', () => {});
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : at.port;
  return {
    url: urlOf({ ...at, port }),
    reload: () => tlsServer.setSecureContext(readTlsSettings(tls)),
    async [Symbol.asyncDispose]() {
      server.close();
      await http.end();
      callers.end();
    },
  };
}

const urlOf = ({ host, port }: HttpsAddress) => `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;

const reasons: Record<string, string> = {
  EADDRINUSE: 'address already in use; stop the other program, or give --api another port',
  EACCES: 'not permitted; give --api a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; give --api an address of this machine',
  ENOTFOUND: 'no such host; give --api an address of this machine',
};

const whyNot = (at: HttpsAddress, cause: unknown): string =>
  `cannot serve the API at ${urlOf(at)}: ${reasons[systemCode(cause) ?? ''] ?? wordsOf(cause)}`;
