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
  /** Converts an error of the consumer or of the stream. */
  faultOf(error: unknown): SignalboxError;
}

const sessionMs = 15_000;
/** A fetch returns after this number of bytes or this time, which batches small messages. */
const gathered = { bytes: 65_536, ms: 250 };
const fetchBytes = 4_194_304;
const closeMs = 3_000;
const retryMs = 500;

/** Joins a group. Reading starts at the committed offset of the group, or else at the first message. @throws SignalboxError `unavailable` */
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
    // After `close`, errors of the consumer only report that it is closed.
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
      // The library notices the end only after its wait has begun.
      if (newest.endsConnections) queueMicrotask(() => void consumer.close(true).catch(() => {}));
      return retryMs;
    },
  });
  watched.watch(consumer.connections);
  // Until the stream exists, the calls report the failures.
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

/** Closes the consumer, within 3 s: an unreachable broker does not answer. */
export async function closeConsumer(consumer: OpenConsumer['consumer']): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, closeMs);
  consumer.on('error', () => {});
  await Promise.race([consumer.close(true).catch(() => {}), promise]);
  clearTimeout(timer);
}
