import { isIP } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { SignalboxError } from '../../schemas/errors.ts';
import { systemCode, wordsOf } from '../process/system-error.ts';
import { type Place, unreachable } from './place.ts';
import { ServerAway } from './server-away.ts';

/** The credentials of a caller and the authorities it trusts. Contents, not paths. */
export interface HttpsCredentials {
  readonly token?: string | undefined;
  /** PEM. Default: the authorities that Node trusts. */
  readonly ca?: string | undefined;
  /** PEM: a client certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * A server over https. The host name must be in its certificate.
 * @param url `https://HOST[:PORT]`
 * @throws errors of OpenSSL for certificates and keys that cannot be used.
 */
export function httpsPlace(url: URL, { token, ca, cert, key }: HttpsCredentials): Place {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secureContext = contextOf({ ca, cert, key });
  const place = {
    name: url.origin,
    origin: url.origin,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  };
  return {
    ...place,
    connect() {
      const socket = connect({
        host,
        port: Number(url.port || 443),
        // SNI permits only names, not addresses.
        ...(isIP(host) === 0 && { servername: host }),
        secureContext,
        ALPNProtocols: ['h2'],
        minVersion: 'TLSv1.2',
        // Even if NODE_TLS_REJECT_UNAUTHORIZED disables the check.
        rejectUnauthorized: true,
      });
      socket.setNoDelay(true);
      // Node leaves the connection open after an alert that follows the handshake.
      socket.on('error', () => void socket.destroy());
      return socket.once('secureConnect', () => checkProtocol(socket, place.name));
    },
    faultOf: (error) => faultOf(error, { name: place.name, host, hasCa: ca !== undefined }),
  };
}

function contextOf(given: {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
}): SecureContext {
  const { ca, cert, key } = given;
  return createSecureContext({
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    minVersion: 'TLSv1.2',
  });
}

function checkProtocol(socket: TLSSocket, name: string): void {
  if (socket.alpnProtocol === 'h2') return;
  // Node's HTTP/2 aborts the process if the socket is destroyed before the listener of Node for this event has run.
  process.nextTick(() => socket.destroy(unreachable({ name }, noHttp2)));
}

const noHttp2 = 'it does not support HTTP/2; check that it is a Signalbox server, or a proxy with HTTP/2';

/** Codes of OpenSSL for an unknown authority. */
const untrusted =
  /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)$/;
const unfit = /^(?:CERT_|CRL_|INVALID_|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERR_TLS_CERT_)/;
const away: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'unknown host, or the name server does not answer',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
};

interface Asked {
  readonly name: string;
  readonly host: string;
  readonly hasCa: boolean;
}

function faultOf(error: unknown, { name, host, hasCa }: Asked): SignalboxError | ServerAway {
  if (error instanceof SignalboxError) return error;
  const code = systemCode(error) ?? '';
  const refused = (why: string) => unreachable({ name }, why, error);
  if (away[code] !== undefined) return new ServerAway(away[code]);
  if (untrusted.test(code)) {
    const why = hasCa
      ? 'is not signed by the authority of --tls-ca'
      : 'is signed by an authority that this machine does not trust; give --tls-ca FILE';
    return refused(`its certificate ${why}`);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return refused(`its certificate is not for ${host}: ${namesIn(error)}`);
  if (code === 'CERT_HAS_EXPIRED') return refused('its certificate has expired, or the clock here is wrong');
  if (code === 'CERT_NOT_YET_VALID') return refused('its certificate is not valid yet, or the clock here is wrong');
  if (unfit.test(code)) return refused(`its certificate is not accepted: ${wordsOf(error)}`);
  if (/ALERT_NO_APPLICATION_PROTOCOL/.test(code)) return refused(noHttp2);
  if (/^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE)$/.test(code)) {
    return refused('it does not use TLS');
  }
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code)) {
    return refused(
      `it refuses the connection: ${reasonOf(error)}; it may need a client certificate (--tls-cert, --tls-key)`,
    );
  }
  if (/^ERR_SSL_/.test(code)) return refused(`TLS failed: ${reasonOf(error)}`);
  return new ServerAway(wordsOf(error));
}

/** The names in the certificate. */
function namesIn(error: unknown): string {
  const { cert: { subjectaltname = '' } = {} } = error as { cert?: { subjectaltname?: string } };
  const names = subjectaltname.split(', ').map((one) => one.replace(/^(?:DNS|IP Address):/, ''));
  return subjectaltname === '' ? 'it names no host' : `it is for ${names.join(', ')}`;
}

/** Without the source positions that OpenSSL adds. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'reason' in error && typeof error.reason === 'string' ? error.reason : wordsOf(error);
