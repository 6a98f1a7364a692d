import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { startTimer } from '../../process/timer.ts';

/** The certificate of a client, whose key it has proved to have. */
export interface PeerCertificate {
  /** SHA-256 of its SubjectPublicKeyInfo, in hexadecimal. */
  readonly fingerprint: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Aborts when it expires. */
  readonly ended: AbortSignal;
  /** Why it was not accepted when the connection began. */
  readonly problem: string | undefined;
}

/** Undefined where the client has shown none. */
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
    // By its type an Error, it is a code of OpenSSL. The last of several reasons is told.
    problem: socket.authorized ? undefined : String(socket.authorizationError),
  };
}
