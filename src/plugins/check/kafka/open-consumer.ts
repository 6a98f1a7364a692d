import type { Consumer, MessagesStream } from '@platformatic/kafka';
import { SignalboxError } from '../../../index.ts';
import { connectionOptions } from './connection-options.ts';
import { type KafkaAddress, shownAddress } from './kafka-address.ts';
import type { KafkaCredentials } from './kafka-credentials.ts';
import { type KafkaFault, kafkaFault } from './kafka-fault.ts';
import { loadKafka } from './load-kafka.ts';
import { WatchedConnections } from './watched-connections.ts';

type Bytes = Buffer | undefined;

export interface OpenConsumer {
  readonly consumer: Consumer<Bytes, Bytes, Bytes, Bytes>;
  readonly stream: MessagesStream<Bytes, Bytes, Bytes, Bytes>;
  /** What an error of both says, as one of ours. */
  faultOf(error: unknown): SignalboxError;
}

const sessionMs = 15_000;
/** A fetch waits for this much, or so long: small messages come together. */
const gathered = { bytes: 65_536, ms: 250 };
const fetchBytes = 4_194_304;
const closeMs = 3_000;
const retryMs = 500;

/** Joins a group. It begins where the group was, and else at the first message. @throws SignalboxError `unavailable` */
export async function openConsumer(
  address: KafkaAddress,
  credentials: KafkaCredentials,
  groupId: string,
): Promise<OpenConsumer> {
  const { Consumer } = await loadKafka();
  const hasCredentials = credentials.sasl !== undefined || credentials.tls !== undefined;
  const watched = new WatchedConnections();
  let newest: KafkaFault | undefined;

  const causeOf = (error: unknown): KafkaFault =>
    kafkaFault([error, watched.error], {
      ...{ broker: watched.broker, topic: address.topic, hasCredentials, reads: { group: groupId } },
    });
  const faultOf = (error: unknown): SignalboxError => {
    if (error instanceof SignalboxError) return error;
    // What it says of its own end is no cause.
    const fault = consumer.closed && newest ? newest : causeOf(error);
    return new SignalboxError('unavailable', `${shownAddress(address)} cannot be read: ${fault.message}`, {
      cause: error,
    });
  };

  const consumer: OpenConsumer['consumer'] = new Consumer<Bytes, Bytes, Bytes, Bytes>({
    ...connectionOptions(address.brokers, credentials, groupId),
    groupId,
    sessionTimeout: sessionMs,
    rebalanceTimeout: sessionMs,
    heartbeatInterval: sessionMs / 5,
    retries: 3,
    retryDelay(_client, _operation, _attempt, _retries, error) {
      newest = causeOf(error);
      // After the library has begun to wait: it must learn of the end.
      if (newest.endsConnections) queueMicrotask(() => void consumer.close(true).catch(() => {}));
      return retryMs;
    },
  });
  watched.watch(consumer.connections);
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
    watched.watch(stream.connections);
    consumer.off('error', ignore);
    return { consumer, stream, faultOf };
  } catch (error) {
    const fault = faultOf(error);
    await closeConsumer(consumer);
    throw fault;
  }
}

/** Never for ever: a broker that is away answers nothing. */
export async function closeConsumer(consumer: OpenConsumer['consumer']): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, closeMs);
  consumer.on('error', () => {});
  await Promise.race([consumer.close(true).catch(() => {}), promise]);
  clearTimeout(timer);
}
