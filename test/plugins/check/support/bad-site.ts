import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A request as it was received. */
interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The reaction of a site to a request: it writes bytes, and may leave the socket in any state. */
export type Behaviour = (socket: Socket, request: SeenRequest) => void;

/** A site on loopback that answers with raw bytes, and records its requests. */
export interface Site extends AsyncDisposable {
  readonly port: number;
  readonly origin: string;
  readonly requests: SeenRequest[];
  /** The number of connections. */
  readonly connections: number;
}

/** @param options.tls with this certificate. */
export async function openSite(
  behaviours: Readonly<Record<string, Behaviour>>,
  { tls, host = '127.0.0.1' }: { tls?: { cert: string; key: string }; host?: string } = {},
): Promise<Site> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const onConnection = (socket: Socket) => {
    let head = '';
    // Each behaviour decides how it ends.
    socket.on('error', () => {});
    const onData = (data: Buffer) => {
      head += data.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData).resume();
      const request = parse(head);
      requests.push(request);
      const behave = behaviours[request.path.replace(/\?.*/, '')] ?? answer('404 Not Found', {}, '');
      behave(socket, request);
    };
    socket.on('data', onData);
  };
  const server: Server = tls ? createTlsServer(tls, onConnection) : createServer({ allowHalfOpen: true }, onConnection);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    socket.on('error', () => {});
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    port,
    origin: `${tls ? 'https' : 'http'}://${shown}:${port}`,
    requests,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A whole response in one piece. */
export function answer(status: string, headers: Readonly<Record<string, string>>, body: string | Buffer): Behaviour {
  const lines = Object.entries({ 'content-length': String(Buffer.byteLength(body)), ...headers });
  const head = `HTTP/1.1 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return (socket) => socket.end(Buffer.concat([Buffer.from(head), Buffer.from(body)]));
}

/** Raw bytes; then the end, unless it stays open. */
export const raw =
  (text: string, { stays = false } = {}): Behaviour =>
  (socket) =>
    void (stays ? socket.write(text) : socket.end(text));

function parse(head: string): SeenRequest {
  const [line = '', ...lines] = head.split('\r\n');
  const [method = '', path = ''] = line.split(' ');
  const headers = lines.flatMap((one) => {
    const at = one.indexOf(':');
    return at === -1 ? [] : [[one.slice(0, at).toLowerCase(), one.slice(at + 1).trim()]];
  });
  return { method, path, headers: Object.fromEntries(headers) };
}
