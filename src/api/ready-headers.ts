import type { IncomingHttpHeaders } from 'node:http';

/** Maximum delay of a timer in Node. A longer timer would fire at once. */
const maxTimerMs = 2_147_483_647;
const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000 };

/** Adjusts headers that @connectrpc cannot handle: it would not respond, or end the call at once. */
export function readyHeaders(headers: IncomingHttpHeaders): void {
  // It is only used to build a URL that nobody reads. HTTP/1.0 has none, and some clients of gRPC send the path of the
  // socket.
  headers[':authority' in headers ? ':authority' : 'host'] = 'localhost';
  // The caller still applies its own deadline.
  if (Number(headers['connect-timeout-ms']) > maxTimerMs) delete headers['connect-timeout-ms'];
  const [, amount, unit = ''] = /^(\d{1,8})([HMS])$/.exec(String(headers['grpc-timeout'])) ?? [];
  if (Number(amount) * (unitMs[unit] ?? 0) > maxTimerMs) delete headers['grpc-timeout'];
}
