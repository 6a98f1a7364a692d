import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { SignalboxError } from '../../../schemas/index.ts';
import { systemCode, wordsOf } from '../../process/system-error.ts';
import type { MetricsAddress } from './address.ts';

/** Provides the text of a scrape. */
export interface Source {
  readonly contentType: string;
  read(): Promise<string>;
}

/** Maximum number of connections. An idle one is closed after 2 s. */
const maxConnections = 32;
const patienceMs = 2_000;

/**
 * Serves `GET /metrics`, one response per connection. A scraper that sends no request or does not read is disconnected.
 * @throws SignalboxError `cannot_bind` if the address cannot be used.
 */
export async function serveMetrics(
  address: MetricsAddress,
  source: Source,
): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(
    { headersTimeout: patienceMs, requestTimeout: patienceMs, connectionsCheckingInterval: patienceMs / 4 },
    (request, response) => void answer(request, response, source),
  );
  server.maxConnections = maxConnections;
  server.timeout = patienceMs;
  try {
    await once(server.listen(address), 'listening');
  } catch (cause) {
    throw new SignalboxError('cannot_bind', whyNot(urlOf(address), cause), { cause });
  }
  // An error of one connection must not end the server.
  server.on('error', () => {});
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : address.port;
  return {
    url: urlOf({ ...address, port }),
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, source: Source): Promise<void> {
  response.setHeader('Connection', 'close');
  const [path] = (request.url ?? '').split('?');
  if (path !== '/metrics') response.writeHead(404).end('not found; the metrics are at /metrics\n');
  else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end('use GET to read metrics\n');
  } else {
    try {
      const text = await source.read();
      response.writeHead(200, { 'Content-Type': source.contentType }).end(text);
    } catch (error) {
      response.writeHead(500).end(`${SignalboxError.from(error, 'internal').message}\n`);
    }
  }
}

const urlOf = ({ host, port }: MetricsAddress) => `http://${isIPv6(host) ? `[${host}]` : host}:${port}/metrics`;

const reasons: Record<string, string> = {
  EADDRINUSE: 'address already in use; stop the other program, or give --metrics another port',
  EACCES: 'not permitted; give --metrics a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; give --metrics an address of this machine',
  ENOTFOUND: 'no such host; give --metrics an address of this machine',
};

function whyNot(url: string, cause: unknown): string {
  return `cannot serve metrics on ${url}: ${reasons[systemCode(cause) ?? ''] ?? wordsOf(cause)}`;
}
