import type { ErrorKind } from '../contracts/error-kinds.ts';
import { CheckFault } from './check-fault.ts';
import type { Phase } from './phases.ts';

type Found = readonly [ErrorKind, string];

const timeUp: Readonly<Record<Phase, Found>> = {
  dns: ['dns_timeout', 'the name was not resolved'],
  connect: ['connect_timeout', 'there was no connection'],
  tls: ['tls_timeout', 'the TLS handshake was not done'],
  firstByte: ['response_timeout', 'there was no response'],
  transfer: ['body_timeout', 'the body was not complete'],
};

const byCode: Readonly<Record<string, Found>> = {
  ENOTFOUND: ['dns_not_found', 'the name does not exist'],
  ENODATA: ['dns_not_found', 'the name has no address'],
  ECONNREFUSED: ['connection_refused', 'the connection was refused'],
  EHOSTUNREACH: ['unreachable', 'there is no route to the host'],
  EHOSTDOWN: ['unreachable', 'the host is down'],
  ENETUNREACH: ['unreachable', 'there is no route to the network'],
  ENETDOWN: ['unreachable', 'the network is down'],
  EADDRNOTAVAIL: ['unreachable', 'there is no address to connect from'],
  EMFILE: ['client_fault', 'the client has no file descriptors left'],
  ENFILE: ['client_fault', 'the machine of the client has no file descriptors left'],
  ENOBUFS: ['client_fault', 'the machine of the client has no buffer left'],
  ENOMEM: ['client_fault', 'the machine of the client has no memory left'],
  HPE_HEADER_OVERFLOW: ['header_too_large', 'the header is over 64 KiB'],
  EPIPE: ['connection_reset', 'the connection was reset'],
  ECONNABORTED: ['connection_reset', 'the connection was aborted'],
  ERR_STREAM_PREMATURE_CLOSE: ['closed_early', 'the connection was closed in the middle of the response'],
};

/** The fault of a check that timed out. @param isBody whether the header was complete */
export function timeoutFault(phase: Phase, timeoutMs: number, isBody: boolean): CheckFault {
  const [kind, what] =
    phase === 'transfer' && !isBody ? (['response_timeout', 'the header was not complete'] as const) : timeUp[phase];
  return new CheckFault(kind, `${what} within ${timeoutMs} ms`);
}

/** The kind of an error in a phase. */
export function faultOf(error: unknown, phase: Phase): CheckFault {
  if (error instanceof CheckFault) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [kind, message] = byCode[code] ?? inPhase(error, code, phase);
  return new CheckFault(kind, message, { cause: error });
}

function inPhase(error: unknown, code: string, phase: Phase): Found {
  if (phase === 'dns') return ['dns_failed', `the name could not be resolved${code === '' ? '' : ` (${code})`}`];
  if (code === 'ETIMEDOUT') return timeUp[phase];
  const isReset = code === 'ECONNRESET' && error instanceof Error && 'syscall' in error;
  if (isReset) return ['connection_reset', 'the connection was reset'];
  if (phase === 'connect') return ['connect_failed', `the connection failed (${code || 'without a code'})`];
  if (phase === 'tls')
    return ['tls_failed', `the TLS handshake failed${code === 'ECONNRESET' ? ': it was closed' : ` (${code})`}`];
  if (code.startsWith('HPE_')) return ['bad_response', `the response is not HTTP (${code})`];
  if (code === 'ECONNRESET') return ['closed_early', 'the connection was closed in the middle of the response'];
  if (/^ERR_(?:SSL|TLS)_/.test(code)) return ['tls_failed', `TLS failed (${code})`];
  return ['client_fault', `the client could not check (${code || 'without a code'})`];
}
