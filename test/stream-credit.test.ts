import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../schemas/index.ts';
import { StreamCredit } from '../src/stream-credit.ts';

const all = limits.outputCreditBytes;

const steps = fc.array(
  fc.oneof(
    fc.record({ gap: fc.oneof(fc.constant(0), fc.nat(50)), bytes: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ ack: fc.double({ min: 0, max: 1.1, noNaN: true }) }),
  ),
  { maxLength: 60 },
);

test('the remaining credit is the credit less the data bytes sent at or after the highest ack', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const [credit, sent] = [new StreamCredit(), new Set<number>()];
      let [end, acked] = [0, 0];
      for (const step of taken) {
        if ('ack' in step) {
          const offset = Math.floor(end * step.ack);
          acked = Math.max(acked, Math.min(offset, end));
          credit.ack(offset);
        } else {
          const offset = end + step.gap;
          credit.add(offset, step.bytes);
          end = offset + step.bytes;
          for (let at = offset; at < end; at += 1) sent.add(at);
        }
        const unacked = [...sent].filter((at) => at >= acked).length;
        if (credit.left !== all - unacked) return false;
      }
      return true;
    }),
  );
});

test('a gap uses no credit, and an ack beyond it returns the credit before it', () => {
  const credit = new StreamCredit();
  credit.add(0, 100_000);
  credit.add(500_000, 50_000);
  expect(credit.left).toBe(all - 150_000);
  credit.ack(520_000);
  expect(credit.left).toBe(all - 30_000);
  credit.reset();
  expect(credit.left).toBe(all);
});

test('the maximum number of gaps is acknowledged one by one with little work', { timeout: 10_000 }, () => {
  const credit = new StreamCredit();
  for (let offset = 0; offset < 2 * all; offset += 2) credit.add(offset, 1);
  expect(credit.left).toBe(0);
  for (let offset = 0; offset < 2 * all; offset += 2) credit.ack(offset + 1);
  expect(credit.left).toBe(all);
});
