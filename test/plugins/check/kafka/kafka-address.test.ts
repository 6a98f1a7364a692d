import { expect, test } from 'vitest';
import { parseKafkaAddress, shownAddress } from '../../../../src/plugins/check/kafka/kafka-address.ts';

test('an address has brokers and a topic', () => {
  const address = parseKafkaAddress('kafka://Kafka-1.example:9092,127.0.0.1:9093,[::1]:9094/checks.prod');
  expect(address).toEqual({
    brokers: [
      { host: 'kafka-1.example', port: 9092 },
      { host: '127.0.0.1', port: 9093 },
      { host: '::1', port: 9094 },
    ],
    topic: 'checks.prod',
  });
  expect(address && shownAddress(address)).toBe('kafka://kafka-1.example:9092,127.0.0.1:9093,[::1]:9094/checks.prod');
});

test.for([
  '',
  'kafka://a:1',
  'kafka://a:1/',
  'kafka://a/t',
  'kafka://a:0/t',
  'kafka://a:65536/t',
  'kafka://a:1,/t',
  'kafka://nina:geheim@a:1/t',
  'kafka://a:1/t/u',
  'kafka://a:1/..',
  'kafka://a:1/t?x',
  `kafka://a:1/${'t'.repeat(250)}`,
  `kafka://${Array.from({ length: 33 }, () => 'a:1').join(',')}/t`,
  'postgres://a:1/t',
])('%s is not an address', (text) => {
  expect(parseKafkaAddress(text)).toBeUndefined();
});
