import { randomUUID } from 'node:crypto';
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';

interface Message {
  readonly key: string;
  readonly value: string;
  readonly partition: number;
}

/**
 * Creates a topic with three partitions.
 * @param settings of the topic.
 */
export async function makeTopic(
  broker: string,
  topic: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker] });
  try {
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1, configs });
  } finally {
    await admin.close();
  }
}

/** The current contents of a topic, from the plaintext listener. */
export async function messagesOf(broker: string, topic: string): Promise<readonly Message[]> {
  const consumer = new Consumer({
    clientId: 'test',
    groupId: randomUUID(),
    bootstrapBrokers: [broker],
    deserializers: stringDeserializers,
  });
  try {
    const offsets = await consumer.listOffsets({ topics: [topic] });
    const total = (offsets.get(topic) ?? []).reduce((sum, offset) => sum + Number(offset), 0);
    const messages: Message[] = [];
    if (total === 0) return messages;
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false, maxWaitTime: 50 });
    for await (const { key, value, partition } of stream) {
      messages.push({ key, value, partition });
      if (messages.length >= total) break;
    }
    return messages;
  } finally {
    await consumer.close(true);
  }
}

/** Sends messages, over the plaintext listener. */
export async function produce(broker: string, topic: string, values: readonly string[]): Promise<void> {
  const producer = new Producer({
    ...{ clientId: 'test', bootstrapBrokers: [broker], retries: 20, retryDelay: 200 },
    serializers: stringSerializers,
  });
  try {
    await producer.send({ messages: values.map((value) => ({ topic, key: value, value })) });
  } finally {
    await producer.close();
  }
}
