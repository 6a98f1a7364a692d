import type { FromClient, Message } from '../../schemas/index.ts';
import { Changes } from '../support/changes.ts';
import { withWholeIds } from '../support/wire.ts';

/** A session as a job sees it: records what was sent, with whole ids, and lets a test wait for more. */
export class Recorder {
  readonly messages: FromClient[] = [];
  private readonly changes = new Changes();

  readonly send = (message: FromClient): void => {
    this.messages.push(withWholeIds(message, 'aaaaaaaa'));
    this.changes.tell();
  };

  of<Type extends FromClient['type']>(type: Type): Message<FromClient, Type>[] {
    return this.messages.filter((message): message is Message<FromClient, Type> => message.type === type);
  }

  /** The bytes of a stream in the order in which they were sent. */
  text(stream: 'stdout' | 'stderr' = 'stdout'): string {
    const chunks = this.of('output').filter((message) => message.stream === stream);
    return Buffer.concat(chunks.map(({ data }) => data)).toString();
  }

  types(): string[] {
    return this.messages.map(({ type }) => type);
  }

  /** The `count`th message of a type, when it has been sent. */
  async sent<Type extends FromClient['type']>(type: Type, count = 1): Promise<Message<FromClient, Type>> {
    return await this.changes.until(() => this.of(type)[count - 1]);
  }
}
