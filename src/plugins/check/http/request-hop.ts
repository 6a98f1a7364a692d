import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request as startRequest } from 'node:http';
import type { SecureContext } from 'node:tls';
import { CheckFault } from './check-fault.ts';
import { openConnection } from './open-connection.ts';
import { orAborted } from './or-aborted.ts';
import type { Phases } from './phases.ts';
import { readBody } from './read-body.ts';

const maxHeaderBytes = 65_536;

export interface Hop {
  readonly url: URL;
  readonly address: string;
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly context: SecureContext | undefined;
}

interface HopOptions {
  readonly phases: Phases;
  readonly signal: AbortSignal;
  readonly limitBytes: number;
  readonly keeps: boolean;
  /** Called with the number of bytes of the body so far. */
  readonly onBytes: (bytes: number) => void;
  readonly onCertificate: (daysLeft: number) => void;
  /** Called when the header is complete. @returns whether to read the body. */
  readonly onHead: (status: number, location: string | undefined) => boolean;
}

/**
 * Makes one request over a new connection. It uses no agent, so nothing is reused or retried.
 * @returns the body; empty if it was not to be read or kept
 * @throws CheckFault, and errors of the sockets
 */
export async function requestHop(hop: Hop, options: HopOptions): Promise<Buffer> {
  const { phases, signal } = options;
  const socket = await openConnection(hop, options);
  let failure: Error | undefined;
  socket.on('error', (error) => (failure ??= error));
  try {
    phases.enter('firstByte');
    const request = startRequest({
      createConnection: () => socket,
      host: hop.url.hostname,
      method: hop.method,
      path: `${hop.url.pathname}${hop.url.search}`,
      headers: hop.headers,
      setHost: false,
      maxHeaderSize: maxHeaderBytes,
      insecureHTTPParser: false,
    });
    // Must run before the listener of Node, which calls the response listener.
    request.once('socket', () => socket.prependOnceListener('data', () => phases.enter('transfer')));
    request.on('error', (error) => (failure ??= error));
    const response = await orAborted(responseOf(request), signal);
    if (!options.onHead(response.statusCode ?? 0, response.headers.location)) return Buffer.alloc(0);
    const body = await readBody(response, options);
    if (failure) throw failure;
    return body;
  } catch (error) {
    // The first error of the socket is the cause: after a reset, the response only reports that it was aborted.
    throw error instanceof CheckFault || signal.aborted ? error : (failure ?? error);
  } finally {
    socket.destroy();
  }
}

function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.once('response', (response) => {
    // The reader receives its errors; later ones are ignored.
    response.on('error', () => {});
    resolve(response);
  });
  request.once('error', reject);
  request.once('upgrade', () =>
    reject(new CheckFault('bad_response', 'the server switches to a protocol that was not requested')),
  );
  request.once('close', () => reject(new CheckFault('closed_early', 'the connection was closed without a response')));
  request.end();
  return promise;
}
