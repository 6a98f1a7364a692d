import type { Received } from '../../../../src/plugins/check/kafka/received.ts';
import type { ResultMessage } from '../../../../src/plugins/check/kafka/result-message.ts';
import type { ReceivedResult } from '../../../../src/plugins/check/writer/store/received.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** A result that is ok, with these changes. */
export const result = (other: Partial<ResultMessage> = {}): ResultMessage => ({
  schema: 1,
  ...{ check: 'shop', client: 'edge', job: 'one', seq: 1, ok: true, errorKind: null, error: null },
  ...{ plannedAtMs: Date.now(), atMs: Date.now(), status: 200, bytes: 3, match: null, redirects: 0 },
  ...{ dnsMs: 1, connectMs: 2, tlsMs: null, firstByteMs: 3, transferMs: 4, totalMs: 10 },
  ...{ certificateDaysLeft: null, url: 'http://shop.example/', address: '192.0.2.1', state: 'up' },
  ...other,
});

export const down = {
  ok: false,
  errorKind: 'status',
  error: 'the status is 500, expected 200-299',
  state: 'down',
} as const;

let offset = 0n;

/** A message as Kafka delivers it. */
export function message(value: Buffer | null, other: Partial<Received> = {}): Received {
  offset += 1n;
  return { topic: 'checks', partition: 0, offset, sentAtMs: 1_700_000_000_000, key: Buffer.from('k'), value, ...other };
}

export const receivedResult = (other: Partial<ResultMessage> = {}): ReceivedResult => {
  const one = result(other);
  return { received: message(Buffer.from(JSON.stringify(one))), result: one };
};

/** Results of one job, in order. */
export const series = (count: number, of: (at: number) => Partial<ResultMessage> = () => ({})): ReceivedResult[] =>
  Array.from({ length: count }, (_, at) => receivedResult({ seq: at + 1, ...of(at) }));
