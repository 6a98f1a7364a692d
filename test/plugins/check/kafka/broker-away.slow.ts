import { expect, test } from 'vitest';
import { AllowedBrokers } from '../../../../src/plugins/check/kafka/allowed-brokers.ts';
import { KafkaLink } from '../../../../src/plugins/check/kafka/kafka-link.ts';
import type { Tally } from '../../../../src/plugins/check/kafka/result-buffer.ts';
import { describeWithKafka } from '../../../support/describe-with-kafka.ts';
import type { KafkaBroker } from '../../../support/kafka-broker.ts';
import { messagesOf } from '../../../support/kafka-topic.ts';

const openLink = (broker: KafkaBroker) =>
  new KafkaLink({
    brokers: [{ host: '127.0.0.1', port: broker.ports.clear }],
    allowed: AllowedBrokers.of(broker.address),
    clientId: 'test',
    readCredentials: async () => ({}),
  });

describeWithKafka('brokers that are down', (kafka) => {
  test('a broker that is killed midway comes back: nothing is lost or duplicated', async () => {
    const { broker } = kafka;
    await using link = openLink(broker);
    const sender = link.sender('killed');
    const tally: Tally = { delivered: 0, waiting: 0, dropped: 0 };
    let count = 0;
    const add = (number: number) => {
      for (let left = number; left > 0; left -= 1) {
        count += 1;
        sender.add({ key: `check-${count % 7}`, value: String(count), atMs: Date.now(), tally });
      }
    };
    add(500);
    await sender.until(() => tally.delivered >= 500, 120_000);
    add(5_000);
    await sender.until(() => tally.delivered > 500, 120_000);
    await broker.down('SIGKILL');
    add(1_000);
    await broker.up();
    add(1_000);
    await sender.until(() => tally.waiting === 0, 120_000);
    expect(tally).toEqual({ delivered: 7_500, waiting: 0, dropped: 0 });
    expect(sender.fault).toBeUndefined();
    const values = (await messagesOf(broker.address, 'killed')).map(({ value }) => Number(value));
    expect(values.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 7_500 }, (_, index) => index + 1),
    );
  });

  test('results of a key keep their order, whatever is sent again', async () => {
    const { broker } = kafka;
    const perKey = new Map<string, number[]>();
    for (const { key, value } of await messagesOf(broker.address, 'killed')) {
      perKey.set(key, [...(perKey.get(key) ?? []), Number(value)]);
    }
    expect(perKey.size).toBe(7);
    for (const values of perKey.values()) expect(values).toEqual(values.toSorted((one, other) => one - other));
  });

  test('while it is down the cause is reported, and the link can be closed', async () => {
    const { broker } = kafka;
    await broker.down('SIGKILL');
    {
      await using link = openLink(broker);
      const sender = link.sender('away');
      const tally: Tally = { delivered: 0, waiting: 0, dropped: 0 };
      sender.add({ key: 'a', value: '1', atMs: 0, tally });
      await sender.until(() => false, 3_500);
      expect(sender.fault).toBe(`${broker.address} cannot be reached: nothing listens there`);
      expect(link.waiting).toBe(1);
    }
    await broker.up();
  }, 300_000);
});
