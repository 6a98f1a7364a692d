import type { IncomingHttpHeaders } from 'node:http';

/** The longest time that a timer of Node takes; a longer one ends at once. */
const maxTimerMs = 2_147_483_647;
const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000 };

/** Changes headers of a request that @connectrpc does not manage: it would not answer, or end the call at once. */
export function readyHeaders(headers: IncomingHttpHeaders): void {
  // A URL is made of it that nobody reads. HTTP/1.0 has none, and some clients of gRPC write the path of the socket.
  headers[':authority' in headers ? ':authority' : 'host'] = 'localhost';
  // The caller still has its deadline.
  if (Number(headers['connect-timeout-ms']) > maxTimerMs) delete headers['connect-timeout-ms'];
  const [, amount, unit = ''] = /^(\d{1,8})([HMS])$/.exec(String(headers['grpc-timeout'])) ?? [];
  if (Number(amount) * (unitMs[unit] ?? 0) > maxTimerMs) delete headers['grpc-timeout'];
}
