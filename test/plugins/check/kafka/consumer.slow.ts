import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Consumption } from '../../../../src/plugins/check/kafka/consume.ts';
import { parseKafkaAddress } from '../../../../src/plugins/check/kafka/kafka-address.ts';
import { readCredentials } from '../../../../src/plugins/check/writer/read-credentials.ts';
import { describeWithKafka } from '../../../support/describe-with-kafka.ts';
import type { KafkaBroker } from '../../../support/kafka-broker.ts';
import { makeTopic, produce } from '../../../support/kafka-topic.ts';
import { kafkaCredentials, refusedCredentials } from '../support/kafka-credentials.ts';

type Listener = 'clear' | 'scram' | 'tls';

interface Place {
  readonly listener: Listener;
  readonly file?: string | undefined;
  readonly topic: string;
}

async function open(broker: KafkaBroker, { listener, file, topic }: Place): Promise<Consumption> {
  const address = parseKafkaAddress(`kafka://127.0.0.1:${broker.ports[listener]}/${topic}`);
  if (!address) throw new Error('no address');
  const credentials = await readCredentials(file === undefined ? undefined : join(kafkaCredentials(broker), file));
  return await Consumption.open(address, credentials, `group-${listener}`);
}

describeWithKafka('a consumer', (kafka) => {
  test.for(['clear', 'scram', 'tls'] as const)(
    'reads over the listener %s what was sent, and goes on behind what it has committed',
    async (listener) => {
      const { broker } = kafka;
      const topic = `read-${listener}`;
      await makeTopic(broker.address, topic);
      await produce(broker.address, topic, ['one']);
      const place = { listener, topic, ...(listener !== 'clear' && { file: listener }) };
      const { signal } = new AbortController();
      for (const [value, next] of [
        ['one', 'two'],
        ['two', 'three'],
      ] as const) {
        await using consumption = await open(broker, place);
        const messages = await consumption.next(10, signal);
        expect(messages.map((message) => message.value?.toString())).toEqual([value]);
        await consumption.commit(messages);
        expect(await consumption.lag()).toBe(0);
        await produce(broker.address, topic, [next]);
      }
    },
  );

  test.for(refusedCredentials)(
    'at the listener %s with credentials %s gets the cause',
    async ([listener, file, cause]) => {
      const { broker } = kafka;
      const address = `127.0.0.1:${broker.ports[listener]}`;
      const opened = open(broker, { listener, file, topic: 'refused' });
      await expect(opened).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(`kafka://${address}/refused cannot be read: `),
      });
      await expect(opened).rejects.toThrow(cause);
      await expect(opened).rejects.not.toThrow('geheim');
    },
  );

  test('gets the error that there is no such topic', async () => {
    const opened = open(kafka.broker, { listener: 'clear', topic: 'nowhere' });
    await expect(opened).rejects.toThrow('there is no topic nowhere');
  });
});
