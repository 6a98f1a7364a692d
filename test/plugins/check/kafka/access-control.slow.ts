import { AclOperations, AclPermissionTypes, Admin, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { AllowedBrokers } from '../../../../src/plugins/check/kafka/allowed-brokers.ts';
import { Consumption } from '../../../../src/plugins/check/kafka/consume.ts';
import { KafkaLink } from '../../../../src/plugins/check/kafka/kafka-link.ts';
import type { Tally } from '../../../../src/plugins/check/kafka/result-buffer.ts';
import { describeWithKafka } from '../../../support/describe-with-kafka.ts';
import type { KafkaBroker } from '../../../support/kafka-broker.ts';
import { makeTopic, messagesOf, produce } from '../../../support/kafka-topic.ts';

const sasl = { mechanism: 'SCRAM-SHA-256', username: 'check', password: 'secret' } as const;
const group = 'writers';

/** Allows the user of SCRAM an operation on a topic or a group. */
async function allow(
  broker: KafkaBroker,
  operation: 'DESCRIBE' | 'READ' | 'WRITE',
  type: 'TOPIC' | 'GROUP',
  name: string,
) {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.address] });
  try {
    await admin.createAcls({
      creations: [
        {
          resourceType: ResourceTypes[type],
          resourceName: name,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: 'User:check',
          host: '*',
          operation: AclOperations[operation],
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    });
  } finally {
    await admin.close();
  }
}

function openLink({ ports }: KafkaBroker): KafkaLink {
  const broker = { host: '127.0.0.1', port: ports.scram };
  return new KafkaLink({
    ...{ brokers: [broker], allowed: AllowedBrokers.of(`${broker.host}:${broker.port}`), clientId: 'test' },
    readCredentials: async () => ({ sasl }),
  });
}

const openConsumption = ({ ports }: KafkaBroker, topic: string) =>
  Consumption.open({ brokers: [{ host: '127.0.0.1', port: ports.scram }], topic }, { sasl }, group);

describeWithKafka(
  'brokers with access control lists',
  (kafka) => {
    const scram = () => `127.0.0.1:${kafka.broker.ports.scram}`;

    test.for(['nothing', 'describe'] as const)(
      'a producer with the right to %s is told that it may not write, and sends what waits once it may',
      async (rights) => {
        const { broker } = kafka;
        const topic = `may-${rights}`;
        await makeTopic(broker.address, topic);
        if (rights === 'describe') await allow(broker, 'DESCRIBE', 'TOPIC', topic);
        await using link = openLink(broker);
        const sender = link.sender(topic);
        const tally: Tally = { delivered: 0, waiting: 0, dropped: 0 };
        for (const value of ['1', '2']) sender.add({ key: 'a', value, atMs: 0, tally });
        const fault = `${scram()} does not let this client write to ${topic}`;
        await expect.poll(() => sender.fault, { timeout: 20_000 }).toContain(fault);
        expect(tally).toEqual({ delivered: 0, waiting: 2, dropped: 0 });
        await allow(broker, 'WRITE', 'TOPIC', topic);
        await sender.until(() => tally.delivered === 2, 60_000);
        expect(sender.fault).toBeUndefined();
        expect((await messagesOf(broker.address, topic)).map(({ value }) => value)).toEqual(['1', '2']);
      },
    );

    test('a producer gets the error that it may not create a topic', async () => {
      const { broker } = kafka;
      await allow(broker, 'WRITE', 'TOPIC', 'to-be-made');
      await using link = openLink(broker);
      const sender = link.sender('to-be-made');
      sender.add({ key: 'a', value: '1', atMs: 0, tally: { delivered: 0, waiting: 0, dropped: 0 } });
      const fault = `${scram()} does not let this client write to to-be-made, or create it`;
      await expect.poll(() => sender.fault, { timeout: 20_000 }).toBe(fault);
    });

    test('a consumer gets the error about what it may not do: join the group, read the topic', async () => {
      const { broker } = kafka;
      await makeTopic(broker.address, 'kept-back');
      await produce(broker.address, 'kept-back', ['one']);
      const { signal } = new AbortController();
      const read = async () => {
        await using consumption = await openConsumption(broker, 'kept-back');
        return (await consumption.next(10, signal)).map(({ value }) => value?.toString());
      };
      await expect(read()).rejects.toThrow(`${scram()} does not let this client join the group ${group}`);
      await allow(broker, 'READ', 'GROUP', group);
      const noTopic = `${scram()} does not let this client read kept-back`;
      await expect(read()).rejects.toThrow(noTopic);
      await allow(broker, 'DESCRIBE', 'TOPIC', 'kept-back');
      await expect(read()).rejects.toThrow(noTopic);
      await allow(broker, 'READ', 'TOPIC', 'kept-back');
      expect(await read()).toEqual(['one']);
    });
  },
  { hasAccessControl: true },
);
