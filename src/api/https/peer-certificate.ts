import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { startTimer } from '../../process/timer.ts';

/** The certificate of a client that has proved to have its key. */
export interface PeerCertificate {
  /** SHA-256 of its SubjectPublicKeyInfo, in hexadecimal. */
  readonly fingerprint: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Aborts when it expires. */
  readonly ended: AbortSignal;
  /** Why it was not accepted at the beginning of the connection. */
  readonly problem: string | undefined;
}

/** Undefined if the client has presented none. */
export function peerCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return undefined;
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const untilMs = certificate.validToDate.getTime();
  const ending = new AbortController();
  const expiry = startTimer(Math.max(0, untilMs - Date.now()), () => ending.abort());
  socket.once('close', () => expiry[Symbol.dispose]());
  return {
    fingerprint: createHash('sha256').update(key).digest('hex'),
    fromMs: certificate.validFromDate.getTime(),
    untilMs,
    ended: ending.signal,
    // Its type is Error, but it is a code of OpenSSL. Of several reasons, it is the last one.
    problem: socket.authorized ? undefined : String(socket.authorizationError),
  };
}
