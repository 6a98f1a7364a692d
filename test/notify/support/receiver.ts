import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Changes } from '../../support/changes.ts';

/** A request as it was received. */
export interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = (response: ServerResponse, received: Received) => void;

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end();

/** A receiver of webhooks on loopback; the test decides its answers. */
export class Receiver implements AsyncDisposable {
  readonly received: Received[] = [];
  answer: Answer = status(204);
  private readonly changes = new Changes();
  private readonly server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const one = { url: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces).toString() };
      this.received.push(one);
      this.answer(response, one);
      this.changes.tell();
    });
    response.on('error', () => {});
  });

  static async open(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  get bodies(): {
    type: string;
    data: { count: number; text: string; names: string[]; state?: string; events: Record<string, unknown>[] };
  }[] {
    return this.received.map(({ body }) => JSON.parse(body));
  }

  async until(count: number): Promise<void> {
    await this.changes.until(() => (this.received.length >= count ? true : undefined));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
