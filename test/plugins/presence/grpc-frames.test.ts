import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GrpcFrames } from '../../../src/plugins/presence/serve/grpc-frames.ts';

function frame(message: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

test('messages are the same however their bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }),
      fc.array(fc.nat(60), { maxLength: 30 }),
      (messages, cuts) => {
        const bytes = Buffer.concat(messages.map((message) => frame(message)));
        const frames = new GrpcFrames();
        const found: Buffer[] = [];
        let from = 0;
        for (const length of [...cuts, bytes.length]) {
          found.push(...frames.take(bytes.subarray(from, from + length)));
          from += length;
        }
        expect(found.map((one) => [...one])).toEqual(messages.map((one) => [...one]));
        expect(frames.isWithin).toBe(false);
      },
    ),
  );
});

test('a message that is too large is refused by its head, before it arrives', () => {
  const head = frame(new Uint8Array(1_025)).subarray(0, 5);
  expect(() => new GrpcFrames().take(head)).toThrow('1025 bytes');
  expect(new GrpcFrames().take(frame(new Uint8Array(1_024)))).toHaveLength(1);
});

test('a compressed message is refused', () => {
  expect(() => new GrpcFrames().take(frame(Buffer.of(1), 1))).toThrow('compressed');
});

test('an incomplete message is reported', () => {
  const frames = new GrpcFrames();
  expect(frames.take(frame(Buffer.of(8, 1)).subarray(0, 6))).toEqual([]);
  expect(frames.isWithin).toBe(true);
});
