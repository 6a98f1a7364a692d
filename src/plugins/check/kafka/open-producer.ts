import type { AllowedBrokers } from './allowed-brokers.ts';
import { connectionOptions } from './connection-options.ts';
import { GuardedConnections } from './guarded-connections.ts';
import type { Broker } from './kafka-address.ts';
import type { KafkaCredentials } from './kafka-credentials.ts';
import type { KafkaFault } from './kafka-fault.ts';
import { kafkaFault } from './kafka-fault.ts';
import { loadKafka } from './load-kafka.ts';

export interface KafkaMessage {
  readonly key: string;
  readonly value: string;
  readonly atMs: number;
}

export interface KafkaProducer extends AsyncDisposable {
  /** Whether the producer has stopped, after a connection fault or too many attempts. */
  readonly isEnded: boolean;
  /** Sends the messages and waits until the brokers acknowledge them. @throws KafkaFault */
  send(topic: string, messages: readonly KafkaMessage[]): Promise<void>;
}

interface ProducerOptions {
  readonly brokers: readonly Broker[];
  readonly allowed: AllowedBrokers;
  readonly credentials: KafkaCredentials;
  readonly clientId: string;
  /** Called after each failed attempt while `send` waits. */
  readonly onFault: (fault: KafkaFault) => void;
}

/** The library keeps the error of each attempt, so the number of attempts is bounded. This many take more than an hour. */
const mostAttempts = 1_000;
const longestDelayMs = 5_000;

/**
 * A producer that waits for the acknowledgement of all in-sync replicas. It is idempotent: while brokers are unreachable, it retries
 * unacknowledged batches with the same sequence numbers, so that the brokers discard duplicates.
 */
export async function openProducer(options: ProducerOptions): Promise<KafkaProducer> {
  const { brokers, allowed, credentials, clientId, onFault } = options;
  const { Admin, Producer, stringSerializers } = await loadKafka();
  const connection = connectionOptions(brokers, credentials, clientId);
  const hasCredentials = credentials.sasl !== undefined || credentials.tls !== undefined;
  const known = new Set<string>();
  let newest: KafkaFault | undefined;
  let closing: Promise<void> | undefined;
  let admin: InstanceType<typeof Admin> | undefined;

  const producer = new Producer({
    ...connection,
    idempotent: true,
    retries: true,
    timeout: 10_000,
    serializers: stringSerializers,
    retryDelay(_client, _operation, attempt, _retries, error) {
      // Requests that `close` interrupts fail at once. Their errors are not the cause.
      if (closing) return 0;
      newest = causeOf(error);
      onFault(newest);
      // The library notices the end only after its wait has begun.
      if (newest.endsConnections || attempt >= mostAttempts) queueMicrotask(() => void close());
      return Math.min(longestDelayMs, 100 * 2 ** Math.min(attempt, 10)) * (0.8 + 0.4 * Math.random());
    },
  });
  const watched = new GuardedConnections(producer.connections, allowed);

  function causeOf(error: unknown, topic?: string): KafkaFault {
    return kafkaFault([error, watched.error], { broker: watched.broker, topic, hasCredentials });
  }

  function close(): Promise<void> {
    watched.end();
    closing ??= Promise.all([producer.close(true), admin?.close()]).then(
      () => {},
      () => {},
    );
    return closing;
  }

  /** Creates a topic that does not exist. */
  async function makeTopic(name: string): Promise<void> {
    admin = new Admin({ ...connection, retries: 0 });
    const its = new GuardedConnections(admin.connections, allowed);
    try {
      await admin.createTopics({ topics: [name] });
    } catch (error) {
      throw kafkaFault([error, its.error], { broker: its.broker, topic: name, hasCredentials });
    } finally {
      its.end();
      await admin.close().catch(() => {});
    }
  }

  async function prepare(name: string): Promise<void> {
    try {
      await producer.metadata({ topics: [name], retries: 0 });
    } catch (error) {
      if (kafkaFault([error], { broker: undefined, hasCredentials }).kind !== 'no_topic') throw error;
      await makeTopic(name);
      await producer.metadata({ topics: [name] });
    }
    known.add(name);
  }

  return {
    get isEnded() {
      return closing !== undefined;
    },
    async send(topic, messages) {
      try {
        if (!known.has(topic)) await prepare(topic);
        await producer.send({
          messages: messages.map(({ key, value, atMs }) => ({
            topic,
            key,
            value,
            timestamp: BigInt(Math.round(atMs)),
          })),
        });
      } catch (error) {
        // After `close`, errors of the producer only report that it is closed.
        const fault = closing && newest ? newest : causeOf(error, topic);
        if (fault.kind === 'no_topic') known.delete(topic);
        if (fault.endsConnections) await close();
        throw fault;
      }
    },
    [Symbol.asyncDispose]: close,
  };
}
