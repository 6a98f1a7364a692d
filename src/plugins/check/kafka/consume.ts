import type { Consumer, MessagesStream } from '@platformatic/kafka';
import { SignalboxError } from '../../../index.ts';
import { connectionOptions } from './connection-options.ts';
import { consumerFault } from './consumer-fault.ts';
import { type KafkaAddress, shownAddress } from './kafka-address.ts';
import type { KafkaCredentials } from './kafka-credentials.ts';
import { loadKafka } from './load-kafka.ts';
import type { Received } from './received.ts';

type Bytes = Buffer | undefined;
type Message = NonNullable<ReturnType<MessagesStream<Bytes, Bytes, Bytes, Bytes>['read']>>;

const sessionMs = 15_000;
/** A fetch waits for this much, or so long: small messages come together. */
const gathered = { bytes: 65_536, ms: 250 };
const fetchBytes = 4_194_304;
const closeMs = 3_000;

/** A member of a consumer group that reads one topic. After its first fault it does nothing more, and another one must be opened. */
export class Consumption implements AsyncDisposable {
  private readonly address: KafkaAddress;
  private readonly consumer: Consumer<Bytes, Bytes, Bytes, Bytes>;
  private readonly stream: MessagesStream<Bytes, Bytes, Bytes, Bytes>;
  private fault: SignalboxError | undefined;
  private wake = (): void => {};

  private constructor(address: KafkaAddress, consumer: Consumption['consumer'], stream: Consumption['stream']) {
    this.address = address;
    this.consumer = consumer;
    this.stream = stream;
    const fail = (error: unknown) => this.fail(error);
    consumer.on('error', fail);
    // Its partitions are another member's by then.
    consumer.on('consumer:heartbeat:stalled', ({ lastError }) => fail(lastError));
    stream.on('error', fail);
    stream.on('close', () => fail(undefined));
    stream.on('readable', () => this.wake());
  }

  /** Joins the group. It begins where the group was, and else at the first message. @throws SignalboxError `unavailable` */
  static async open(address: KafkaAddress, credentials: KafkaCredentials, groupId: string): Promise<Consumption> {
    const { Consumer } = await loadKafka();
    const consumer: Consumption['consumer'] = new Consumer<Bytes, Bytes, Bytes, Bytes>({
      ...connectionOptions(address.brokers, credentials, groupId),
      groupId,
      sessionTimeout: sessionMs,
      rebalanceTimeout: sessionMs,
      heartbeatInterval: sessionMs / 5,
      retries: 3,
      retryDelay: 500,
    });
    // Until there is a stream, what fails is told by the calls.
    const ignore = (): void => {};
    consumer.on('error', ignore);
    try {
      const stream = await consumer.consume({
        topics: [address.topic],
        mode: 'committed',
        fallbackMode: 'earliest',
        autocommit: false,
        minBytes: gathered.bytes,
        maxWaitTime: gathered.ms,
        maxBytes: fetchBytes,
        maxBytesPerPartition: fetchBytes,
        highWaterMark: 1_000,
      });
      consumer.off('error', ignore);
      return new Consumption(address, consumer, stream);
    } catch (error) {
      await closed(consumer);
      throw consumerFault(error, shownAddress(address));
    }
  }

  /**
   * Waits for messages, which come in the order of each partition. What has come, and is not committed, may come again.
   * @returns none when `signal` aborts. @throws SignalboxError `unavailable`
   */
  async next(max: number, signal: AbortSignal): Promise<readonly Received[]> {
    for (;;) {
      if (this.fault) throw this.fault;
      if (signal.aborted) return [];
      const messages: Received[] = [];
      while (messages.length < max) {
        const message: Message | null = this.stream.read();
        if (message === null) break;
        messages.push(received(message));
      }
      if (messages.length > 0) return messages;
      await this.awoken(signal);
    }
  }

  /** Where the group is, after all messages that have come up to the last ones of these. @throws SignalboxError `unavailable` */
  async commit(messages: readonly Received[]): Promise<void> {
    const next = new Map<number, bigint>();
    for (const { partition, offset } of messages) {
      const known = next.get(partition);
      if (known === undefined || offset >= known) next.set(partition, offset + 1n);
    }
    const { topic } = this.address;
    const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: -1 }));
    try {
      await this.consumer.commit({ offsets });
    } catch (error) {
      throw consumerFault(error, shownAddress(this.address));
    }
  }

  /** Messages of its partitions that are not committed. @throws SignalboxError `unavailable` */
  async lag(): Promise<number> {
    const { topic } = this.address;
    try {
      const lags = (await this.consumer.getLag({ topics: [topic] })).get(topic) ?? [];
      return lags.reduce((sum, lag) => sum + (lag > 0n ? Number(lag) : 0), 0);
    } catch (error) {
      throw consumerFault(error, shownAddress(this.address));
    }
  }

  /** Leaves the group, so that others have its partitions at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.fault ??= new SignalboxError('closed', 'the consumer is closed');
    await closed(this.consumer);
  }

  private async awoken(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wake = () => resolve();
    signal.addEventListener('abort', this.wake, { once: true });
    await promise;
    signal.removeEventListener('abort', this.wake);
  }

  private fail(error: unknown): void {
    this.fault ??= consumerFault(error, shownAddress(this.address));
    this.wake();
  }
}

/** Never for ever: a broker that is away answers nothing. */
async function closed(consumer: Consumption['consumer']): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, closeMs);
  consumer.on('error', () => {});
  await Promise.race([consumer.close(true).catch(() => {}), promise]);
  clearTimeout(timer);
}

const received = ({ topic, partition, offset, timestamp, key, value }: Message): Received => ({
  ...{ topic, partition, offset },
  sentAtMs: Number(timestamp),
  key: key ?? null,
  value: value ?? null,
});
