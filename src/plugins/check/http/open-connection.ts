import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { hostOf } from '../contracts/check-url.ts';
import { certificateFault, daysLeft } from './certificate.ts';
import type { Phases } from './phases.ts';

interface Place {
  readonly url: URL;
  readonly address: string;
  /** Trusted certificates. Default: those that Node trusts. */
  readonly context: SecureContext | undefined;
}

interface OpenOptions {
  readonly phases: Phases;
  readonly signal: AbortSignal;
  /** Called with the days until the certificate expires, even if it is then rejected. */
  readonly onCertificate: (daysLeft: number) => void;
}

/**
 * Connects to an address, with TLS for the host of an `https:` URL. Nothing is sent before the certificate is verified.
 * @throws CheckFault, and errors of the sockets
 */
export async function openConnection({ url, address, context }: Place, options: OpenOptions): Promise<Socket> {
  const { phases, signal, onCertificate } = options;
  phases.enter('connect');
  const isTls = url.protocol === 'https:';
  const port = Number(url.port === '' ? (isTls ? 443 : 80) : url.port);
  // An address, so that nothing is resolved again; no second attempt at another address.
  const plain = connect({ host: address, port, autoSelectFamily: false, noDelay: true });
  plain.on('error', () => {});
  try {
    await once(plain, 'connect', { signal });
    if (!isTls) return plain;
    phases.enter('tls');
    const host = hostOf(url);
    const socket = connectTls({
      socket: plain,
      host,
      ...(isIP(host) === 0 && { servername: host }),
      ALPNProtocols: ['http/1.1'],
      // Verified below, so that its days are reported even if it is rejected.
      rejectUnauthorized: false,
      ...(context && { secureContext: context }),
    });
    socket.on('error', () => {});
    await once(socket, 'secureConnect', { signal });
    onCertificate(daysLeft(socket, Date.now()));
    const fault = certificateFault(socket);
    if (fault) throw fault;
    return socket;
  } catch (error) {
    plain.destroy();
    throw error;
  }
}
