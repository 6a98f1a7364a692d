import { Producer, stringSerializers } from '@platformatic/kafka';
import { resultMessage } from '../../../src/plugins/check/kafka/result-message.ts';

const everyMs = 30_000;
const checks = 500;
const sendsAtOnce = 50;

interface Wanted {
  readonly broker: string;
  readonly topic: string;
  readonly rows: number;
  /** Results that are sent together. */
  readonly batch: number;
}

/** Fills a topic with results of 500 checks on two clients, every 30 s until now, in their order of arrival. */
export async function produceResults({ broker, topic, rows, batch }: Wanted): Promise<void> {
  const producer = new Producer({
    ...{ clientId: 'bench', bootstrapBrokers: [broker], serializers: stringSerializers },
    acks: 1,
  });
  const firstMs = Date.now() - Math.ceil(rows / checks) * everyMs;
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < rows) {
      const from = next;
      next = Math.min(rows, from + batch);
      const messages = Array.from({ length: next - from }, (_, at) => ({ topic, ...resultOf(from + at, firstMs) }));
      await producer.send({ messages });
    }
  };
  await Promise.all(Array.from({ length: sendsAtOnce }, send));
  await producer.close();
}

/** One in 200 is down, and three of four use TLS. */
function resultOf(number: number, firstMs: number): { key: string; value: string } {
  const check = number % checks;
  const seq = Math.floor(number / checks) + 1;
  const plannedAtMs = firstMs + seq * everyMs + ((check * 7_919) % everyMs);
  const ms = (20 + (check % 150)) * (0.6 + random(number));
  const isBad = random(number * 31 + 7) < 0.005;
  const hasTls = check % 4 > 0;
  const part = (share: number) => Math.round(ms * share * 1_000) / 1_000;
  return resultMessage(
    {
      ...{ check: `https://site-${check >> 1}.example.org/`, url: `https://site-${check >> 1}.example.org/` },
      ...{
        ok: !isBad,
        errorKind: isBad ? 'status' : null,
        error: isBad ? 'the status is 503, expected 200-299' : null,
      },
      ...{ plannedAtMs, atMs: plannedAtMs + Math.floor(random(number + 1) * 5) },
      ...{ dnsMs: part(0.05), connectMs: part(0.15), tlsMs: hasTls ? part(0.25) : null, firstByteMs: part(0.45) },
      ...{
        transferMs: part(0.1),
        totalMs: part(hasTls ? 1 : 0.75),
        status: isBad ? 503 : 200,
        bytes: 14_000 + (number % 500),
      },
      ...{ match: check % 3 === 0 ? true : null, certificateDaysLeft: hasTls ? (check * 7) % 90 : null },
      ...{ address: `93.184.${check >> 8}.${check & 255}`, redirects: 0, state: isBad ? 'down' : 'up' },
    },
    { client: `edge-${check % 2}`, job: `8c1f0a52-6d7e-4b0e-9a3c-${String(check).padStart(12, '0')}`, seq },
  );
}

/** Pseudo-random, from 0 to 1. */
const random = (seed: number): number => {
  const mixed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d);
  return (Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0) / 4_294_967_296;
};
