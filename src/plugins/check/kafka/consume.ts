import { SignalboxError } from '../../../index.ts';
import type { KafkaAddress } from './kafka-address.ts';
import type { KafkaCredentials } from './kafka-credentials.ts';
import { closeConsumer, type OpenConsumer, openConsumer } from './open-consumer.ts';
import type { Received } from './received.ts';

type Message = NonNullable<ReturnType<OpenConsumer['stream']['read']>>;

/** A member of a consumer group that reads one topic. After its first fault it is unusable; open another one. */
export class Consumption implements AsyncDisposable {
  private readonly topic: string;
  private readonly opened: OpenConsumer;
  private fault: SignalboxError | undefined;
  private wake = (): void => {};

  private constructor(topic: string, opened: OpenConsumer) {
    this.topic = topic;
    this.opened = opened;
    const { consumer, stream } = opened;
    const fail = (error: unknown) => this.fail(error);
    consumer.on('error', fail);
    // By then, another member has its partitions.
    consumer.on('consumer:heartbeat:stalled', ({ lastError }) => fail(lastError));
    stream.on('error', fail);
    stream.on('close', () => fail(new Error('the connection has ended')));
    stream.on('readable', () => this.wake());
  }

  /** Joins the group. Starts at the committed offset of the group, or else at the first message. @throws SignalboxError `unavailable` */
  static async open(address: KafkaAddress, credentials: KafkaCredentials, groupId: string): Promise<Consumption> {
    return new Consumption(address.topic, await openConsumer(address, credentials, groupId));
  }

  /**
   * Waits for messages, which are in order within each partition. Messages that are not committed may be delivered again.
   * @returns none when `signal` aborts. @throws SignalboxError `unavailable`
   */
  async next(max: number, signal: AbortSignal): Promise<readonly Received[]> {
    for (;;) {
      if (this.fault) throw this.fault;
      if (signal.aborted) return [];
      const messages: Received[] = [];
      while (messages.length < max) {
        const message: Message | null = this.opened.stream.read();
        if (message === null) break;
        messages.push(received(message));
      }
      if (messages.length > 0) return messages;
      await this.awoken(signal);
    }
  }

  /** Commits the offsets after the last of these messages in each partition. @throws SignalboxError `unavailable` */
  async commit(messages: readonly Received[]): Promise<void> {
    const next = new Map<number, bigint>();
    for (const { partition, offset } of messages) {
      const known = next.get(partition);
      if (known === undefined || offset >= known) next.set(partition, offset + 1n);
    }
    const { topic } = this;
    const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: -1 }));
    try {
      await this.opened.consumer.commit({ offsets });
    } catch (error) {
      throw this.opened.faultOf(error);
    }
  }

  /** Messages of its partitions that are not committed. @throws SignalboxError `unavailable` */
  async lag(): Promise<number> {
    const { topic } = this;
    try {
      const lags = (await this.opened.consumer.getLag({ topics: [topic] })).get(topic) ?? [];
      return lags.reduce((sum, lag) => sum + (lag > 0n ? Number(lag) : 0), 0);
    } catch (error) {
      throw this.opened.faultOf(error);
    }
  }

  /** Leaves the group, so that other members get its partitions at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.fault ??= new SignalboxError('closed', 'the consumer is closed');
    await closeConsumer(this.opened.consumer);
  }

  private async awoken(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wake = () => resolve();
    signal.addEventListener('abort', this.wake, { once: true });
    await promise;
    signal.removeEventListener('abort', this.wake);
  }

  private fail(error: unknown): void {
    this.fault ??= this.opened.faultOf(error);
    this.wake();
  }
}

const received = ({ topic, partition, offset, timestamp, key, value }: Message): Received => ({
  ...{ topic, partition, offset },
  sentAtMs: Number(timestamp),
  key: key ?? null,
  value: value ?? null,
});
