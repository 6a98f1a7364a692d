import { once } from 'node:events';
import { type AddressInfo, createConnection } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import { Authority, type Identity } from '../../src/tls/authority.ts';
import { joinSockets } from './join-sockets.ts';

/** Credentials of one authority. */
export async function createCertificates() {
  const authority = await Authority.create();
  const hosts = ['localhost', '127.0.0.1'];
  return {
    ca: authority.identity.certificate,
    server: await authority.issue({ name: 'server', hosts, days: 1 }),
    operator: await authority.issue({ name: 'operator', days: 1 }),
    elsewhere: await authority.issue({ name: 'server', hosts: ['box.example', '10.0.0.7'], days: 1 }),
    expired: await authority.issue({ name: 'server', hosts, days: -0.01 }),
  };
}

export const shown = ({ certificate, key }: Identity) => ({ cert: certificate, key });

/** TLS in front of a socket, forwarding both ways. */
export class TlsFront {
  port = 0;
  /** Whether answers of the other side are held back. */
  isDeaf = false;
  private readonly path: string;
  private options: TlsOptions;
  private server: Server | undefined;
  private readonly sockets = new Set<TLSSocket>();

  constructor(path: string, options: TlsOptions) {
    this.path = path;
    this.options = { ALPNProtocols: ['h2'], ...options };
    onTestFinished(() => this.close());
  }

  get url(): URL {
    return new URL(`https://localhost:${this.port}`);
  }

  /** Accepts connections at the same port as before, with other options if given. */
  async open(options: TlsOptions = {}): Promise<this> {
    this.options = { ...this.options, ...options };
    const server = createServer(this.options, (near) => {
      const far = createConnection(this.path);
      this.sockets.add(near);
      joinSockets(near, far, () => !this.isDeaf);
    });
    await once(server.listen(this.port, '127.0.0.1'), 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    return this;
  }

  /** Interrupts all connections; new ones are refused until it is opened again. */
  async close(): Promise<void> {
    if (!this.server?.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
