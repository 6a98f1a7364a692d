import { expect, test } from 'vitest';
import { resultMessage, resultMessageSchema } from '../../../../src/plugins/check/kafka/result-message.ts';

const record = {
  ...{ check: 'shop', ok: true, errorKind: null, error: null, plannedAtMs: 1, atMs: 2.5, status: 200, bytes: 3 },
  ...{ dnsMs: 1, connectMs: 1, tlsMs: null, firstByteMs: 1, transferMs: 1, totalMs: 4, match: null, redirects: 0 },
  ...{ certificateDaysLeft: null, url: 'http://x/', address: '127.0.0.1', state: 'up' as const },
};

test('a message of a result has its check as key, and can be read again', () => {
  const { key, value } = resultMessage(record, { client: 'w1', job: 'one', seq: 1 });
  expect(key).toBe('shop');
  expect(resultMessageSchema.parse(JSON.parse(value))).toEqual({
    ...record,
    schema: 1,
    client: 'w1',
    job: 'one',
    seq: 1,
  });
});

test('a reader accepts messages of later clients, with more fields and other kinds of errors, but not of another version', () => {
  const later = { ...record, schema: 1, client: 'w1', job: 'one', seq: 1, errorKind: 'http3_failed', region: 'eu' };
  expect(resultMessageSchema.parse(later)).toMatchObject({ errorKind: 'http3_failed' });
  expect(resultMessageSchema.safeParse({ ...later, schema: 2 }).success).toBe(false);
});
