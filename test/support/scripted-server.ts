import type { FromClient, FromServer, Message } from '../../schemas/index.ts';
import { type Listener, listen } from '../../src/wire/listener.ts';
import { Changes } from './changes.ts';
import { arrivalsOf } from './pulled.ts';
import { frameOf, readClient, welcomeOf, withWholeIds } from './wire.ts';

const bootId = 'aaaaaaaaaaaa';

/** A server for one client that welcomes it, and otherwise sends only what the test sends. */
export class ScriptedServer implements AsyncDisposable {
  /** All messages of the client, in order, with whole ids. */
  readonly heard: FromClient[] = [];
  private readonly changes = new Changes();
  private readonly listener: Listener;
  private readonly receiving: Promise<void>;
  private peer = '';

  private constructor(listener: Listener) {
    this.listener = listener;
    this.receiving = this.receive();
  }

  static async open(endpoint = 'tcp://127.0.0.1:*'): Promise<ScriptedServer> {
    return new ScriptedServer(await listen(endpoint));
  }

  get endpoint(): string {
    return this.listener.endpoint;
  }

  say(...messages: FromServer[]): Promise<void> {
    return this.listener.send(this.peer, frameOf(...messages));
  }

  command(counter: number, name: string, args: Record<string, unknown>): Promise<void> {
    return this.say({ type: 'command', id: `${bootId}.${counter}`, name, args, sentMs: 0 });
  }

  /** The first message of this type, past or future. */
  async first<Type extends FromClient['type']>(type: Type): Promise<Message<FromClient, Type>> {
    return await this.changes.until(() =>
      this.heard.find((message): message is Message<FromClient, Type> => message.type === type),
    );
  }

  /** The first messages of this type, this many. */
  async firstOf<Type extends FromClient['type']>(type: Type, count: number): Promise<Message<FromClient, Type>[]> {
    const heard = () =>
      this.heard.filter((message): message is Message<FromClient, Type> => message.type === type).slice(0, count);
    await this.changes.until(() => heard().length === count);
    return heard();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener[Symbol.asyncDispose]();
    await this.receiving;
  }

  private async receive(): Promise<void> {
    for await (const { peer, parts } of arrivalsOf(this.listener)) {
      for (const message of parts ? readClient(Buffer.concat(parts)) : []) {
        this.peer = peer;
        this.heard.push(withWholeIds(message, bootId));
        if (message.type === 'hello') await this.say(welcomeOf(bootId));
        this.changes.tell();
      }
    }
  }
}
