import { expect, test } from 'vitest';
import { kafkaFault } from '../../../../src/plugins/check/kafka/kafka-fault.ts';

test('without an answer or an error, the message is that the broker does not answer', () => {
  const { kind, message } = kafkaFault([undefined, undefined], { broker: '127.0.0.1:9092', hasCredentials: false });
  expect({ kind, message }).toEqual({ kind: 'unreachable', message: '127.0.0.1:9092 does not answer' });
});
