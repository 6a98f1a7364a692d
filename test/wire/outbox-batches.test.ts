import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FromClient, type FromServer, limits } from '../../schemas/index.ts';
import { encodeMessage } from '../../src/wire/encode-frame.ts';
import { Outbox } from '../../src/wire/outbox.ts';
import { scan } from '../../src/wire/scan.ts';
import { readClient, readServer } from '../support/wire.ts';
import { ScriptedLine, settle } from './scripted-line.ts';

/** A result of this number of bytes, with a unique id. */
const result = (id: number, bytes: number): FromClient => ({
  type: 'result',
  id,
  outcome: 'completed',
  durationMs: 1,
  result: Buffer.alloc(bytes, id),
});
const ack = (ids: number): FromServer => ({ type: 'ack', ids: Array<number>(ids).fill(7) });

/** Pushes all messages in one tick, then lets the line accept each frame. */
async function framesOf(messages: readonly (FromClient | FromServer)[]): Promise<Buffer[]> {
  const line = new ScriptedLine();
  const gone = () => {
    throw new Error('the line never fails');
  };
  const outbox = new Outbox({ send: line.send, gone });
  for (const message of messages) outbox.push(message);
  let frames = 0;
  await settle();
  while (line.sent.length > frames) {
    frames = line.sent.length;
    line.last.accept();
    await settle();
  }
  expect(outbox.length).toBe(0);
  return line.sent.map(({ frame }) => frame);
}

/** Checks that all messages are there in order. Returns their number per frame. Decoding checks the limits. */
function counts(frames: Buffer[], messages: FromClient[]): number[] {
  const batches = frames.map((frame) => readClient(frame));
  expect(batches.flat()).toStrictEqual(messages);
  return batches.map((batch) => batch.length);
}

describe('messages of one tick are split into frames', () => {
  test('of at most maxBatchMessages', async () => {
    const count = 2 * limits.maxBatchMessages + 5;
    const messages = Array.from({ length: count }, (_, index): FromClient => ({ type: 'accepted', id: index + 1 }));
    expect(counts(await framesOf(messages), messages)).toStrictEqual([
      limits.maxBatchMessages,
      limits.maxBatchMessages,
      5,
    ]);
  });

  test('of at most maxMessageBytes', async () => {
    const messages = Array.from({ length: 8 }, (_, index) => result(index + 1, 300_000));
    const frames = await framesOf(messages);
    expect(counts(frames, messages)).toStrictEqual([3, 3, 2]);
    for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(limits.maxMessageBytes);
  });

  test('of at most maxItems', async () => {
    // Each has 1,003 values: the message, its code, the list, and the ids.
    const messages = Array.from({ length: 40 }, () => ack(1_000));
    const frames = await framesOf(messages);
    const batches = frames.map((frame) => readServer(frame).length);
    expect(batches).toStrictEqual([16, 16, 8]);
    expect(frames.map((frame) => scan(frame))).toStrictEqual(batches.map((batch) => 1 + batch * 1_003));
  });

  test('with a large message between small ones in a separate frame, in its place', async () => {
    const messages = [1, 2, 3, 4, 5].map((index) => result(index, index === 3 ? limits.maxMessageBytes - 200 : 200));
    expect(counts(await framesOf(messages), messages)).toStrictEqual([2, 1, 2]);
  });

  test('with the largest possible message in one frame', async () => {
    const overhead = encodeMessage(result(2, 100_000)).length - 100_000 + 1;
    const messages = [result(1, 10), result(2, limits.maxMessageBytes - overhead), result(3, 10)];
    expect(counts(await framesOf(messages), messages)).toStrictEqual([1, 1, 1]);
  });

  test('that the other side can decode, whatever their sizes', async () => {
    const size = fc.oneof(
      { weight: 4, arbitrary: fc.nat(200) },
      { weight: 1, arbitrary: fc.integer({ min: 65_000, max: 1_000_000 }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(size, { minLength: 1, maxLength: 30 }), async (sizes) => {
        const messages = sizes.map((bytes, index) => result(index + 1, bytes));
        const batches = (await framesOf(messages)).map((frame) => readClient(frame));
        // Compared by hand, because a deep comparison of megabytes takes seconds.
        expect(batches.flat().map((message) => ('id' in message ? message.id : 0))).toStrictEqual(
          sizes.map((_, index) => index + 1),
        );
      }),
      { numRuns: 50 },
    );
  });
});
