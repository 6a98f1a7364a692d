import type { Commander, Fleet, Place } from './commander.ts';
import { NatsConnection } from './nats-connection.ts';
import { payload } from './payload.ts';

// Request and reply over nats-server, without TLS and without a codec: the reply finds its request by its subject.

export async function joinNats({ port, count }: Fleet): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const connection = await NatsConnection.open(port);
    connection.subscribe('commands', (bytes, reply = '') => connection.publish(reply, bytes));
    connection.publish('joined', Buffer.alloc(0));
  }
}

export class NatsCommander implements Commander {
  private readonly connection: NatsConnection;
  private readonly waiting = new Map<string, () => void>();
  private requests = 0;
  private clients = 0;
  private changed = Promise.withResolvers<void>();

  private constructor(connection: NatsConnection) {
    this.connection = connection;
    connection.subscribe('joined', () => this.joins());
    connection.subscribe('replies.*', (_payload, _reply, subject) => this.waiting.get(subject)?.());
  }

  static async open({ port }: Place): Promise<NatsCommander> {
    return new NatsCommander(await NatsConnection.open(port));
  }

  async joined(count: number): Promise<void> {
    while (this.clients < count) await this.changed.promise;
  }

  ask(done: () => void): void {
    const reply = this.request(() => {
      this.waiting.delete(reply);
      done();
    });
  }

  async gather(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = this.clients;
    const reply = this.request(() => {
      left -= 1;
      if (left > 0) return;
      this.waiting.delete(reply);
      resolve();
    });
    await promise;
  }

  beat(): void {}

  private request(answered: () => void): string {
    this.requests += 1;
    const reply = `replies.${this.requests}`;
    this.waiting.set(reply, answered);
    this.connection.publish('commands', payload, reply);
    return reply;
  }

  private joins(): void {
    this.clients += 1;
    this.changed.resolve();
    this.changed = Promise.withResolvers();
  }
}
