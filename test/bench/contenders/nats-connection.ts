import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

// The part of NATS's client protocol that the bench needs (docs.nats.io/reference/reference-protocols/nats-protocol),
// over plain TCP. All messages of one turn are one write, as in NATS's own client.

type OnMessage = (payload: Buffer, reply: string | undefined, subject: string) => void;

const lineEnd = Buffer.from('\r\n');

export class NatsConnection {
  private readonly socket: Socket;
  private readonly subscriptions: OnMessage[] = [];
  private due: (string | Buffer)[] = [];
  private rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket.setNoDelay(true);
    socket.on('data', (bytes) => this.read(this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes])));
    this.write('CONNECT {"verbose":false,"pedantic":false,"lang":"bench","version":"0"}\r\n');
  }

  static async open(port: number): Promise<NatsConnection> {
    const socket = createConnection({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    return new NatsConnection(socket);
  }

  subscribe(subject: string, onMessage: OnMessage): void {
    this.write(`SUB ${subject} ${this.subscriptions.push(onMessage) - 1}\r\n`);
  }

  publish(subject: string, payload: Buffer, reply = ''): void {
    this.write(`PUB ${subject} ${reply} ${payload.length}\r\n`, payload, lineEnd);
  }

  close(): void {
    this.socket.destroy();
  }

  private write(...parts: readonly (string | Buffer)[]): void {
    if (this.due.length === 0) queueMicrotask(() => this.flush());
    this.due.push(...parts);
  }

  private flush(): void {
    this.socket.write(Buffer.concat(this.due.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))));
    this.due = [];
  }

  private read(bytes: Buffer): void {
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(lineEnd, from);
      if (end < 0) break;
      const [verb, ...words] = bytes.toString('latin1', from, end).split(' ');
      let next = end + lineEnd.length;
      if (verb === 'MSG') {
        const length = Number(words.at(-1));
        if (bytes.length < next + length + lineEnd.length) break;
        const [subject = '', id, reply] = words;
        const payload = bytes.subarray(next, next + length);
        this.subscriptions[Number(id)]?.(payload, words.length > 3 ? reply : undefined, subject);
        next += length + lineEnd.length;
      } else if (verb === 'PING') this.write('PONG\r\n');
      else if (verb === '-ERR') throw new Error(`nats-server says ${words.join(' ')}`);
      from = next;
    }
    this.rest = bytes.subarray(from);
  }
}
