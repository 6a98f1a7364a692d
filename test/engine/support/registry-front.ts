import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Changes } from '../../support/changes.ts';
import type { Registry } from './registry.ts';

/** A front of a registry that counts requests and can hold back the layers. */
export class RegistryFront implements AsyncDisposable {
  /** `GET /v2/app/manifests/1`, in order of arrival. */
  readonly asked: string[] = [];
  readonly address: string;
  /** Whether layers arrive with wrong bytes. */
  spoils = false;
  private readonly server: Server;
  private readonly changes = new Changes();
  private hold = Promise.withResolvers<void>();

  private constructor(server: Server) {
    this.server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.hold.resolve();
  }

  static async start(registry: Registry): Promise<RegistryFront> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const front = new RegistryFront(server);
    server.on('request', async (asked, answer) => {
      const line = `${asked.method} ${asked.url}`;
      front.asked.push(line);
      front.changes.tell();
      const { method, url: path, headers } = asked;
      const passed = request({ host: '127.0.0.1', port: registry.port, method, path, headers }, async (came) => {
        answer.writeHead(came.statusCode ?? 500, came.headers);
        answer.flushHeaders();
        if (isLayer(line)) await front.hold.promise;
        if (isLayer(line) && front.spoils) answer.end(Buffer.alloc(Number(came.headers['content-length'])));
        else came.pipe(answer);
      });
      passed.on('error', () => answer.destroy());
      asked.pipe(passed);
    });
    return front;
  }

  /** The requests for manifests and blobs that are answered with them. */
  get fetched(): string[] {
    return this.asked.filter((line) => line.startsWith('GET ') && /\/(?:manifests|blobs)\//.test(line));
  }

  /** Holds back layers from now on, until `release`. */
  holdLayers(): void {
    this.hold = Promise.withResolvers();
  }

  release(): void {
    this.hold.resolve();
  }

  /** Resolves when a layer was requested this many times. */
  async untilAsked(times = 1): Promise<void> {
    const isOften = (layer: string) => this.asked.filter((line) => line === layer).length >= times;
    await this.changes.until(() => this.asked.some((line) => isLayer(line) && isOften(line)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

const isLayer = (line: string): boolean => line.startsWith('GET ') && line.includes('/blobs/');
