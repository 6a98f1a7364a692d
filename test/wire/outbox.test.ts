// Over 250 lines: one class in each of its states, with the peer created at the top.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FromClient, limits } from '../../schemas/index.ts';
import { Outbox } from '../../src/wire/outbox.ts';
import { refusal } from '../support/refusal.ts';
import { readClient } from '../support/wire.ts';
import { ScriptedLine, settle } from './scripted-line.ts';

/** As large as the largest message; only the frame limit applies. */
const large = (bytes: number): FromClient => ({
  type: 'result',
  id: 7,
  outcome: 'completed',
  durationMs: 1,
  result: Buffer.alloc(bytes),
});
const beat = (seq: number): FromClient => ({ type: 'heartbeat-ack', seq, state: 'ready', lagMs: 0 });

function open() {
  const line = new ScriptedLine();
  let goneCount = 0;
  const gone = () => {
    goneCount += 1;
  };
  const outbox = new Outbox({ send: line.send, gone });
  const push = (...seqs: number[]): void => {
    for (const seq of seqs) outbox.push(beat(seq));
  };
  /** The sent frames, each as the numbers of its messages. */
  const frames = (): number[][] =>
    line.sent.map(({ frame }) =>
      readClient(frame).map((message) => (message.type === 'heartbeat-ack' ? message.seq : -1)),
    );
  return { line, gone: () => goneCount, outbox, push, frames };
}

// The retry timer is the only one; immediates are real.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('on a line that accepts everything', () => {
  test('all messages of one turn are sent as one frame at its end, in order', async () => {
    const { line, outbox, push, frames } = open();
    push(1, 2);
    await Promise.resolve();
    push(3);
    expect(frames()).toStrictEqual([]);
    expect(outbox.length).toBe(3);
    await settle();
    expect(frames()).toStrictEqual([[1, 2, 3]]);
    expect(outbox.length).toBe(0);
    line.last.accept();
    await settle();
    expect(line.sent).toHaveLength(1);
  });

  test('a message pushed at the end of the turn is in the frame, and a turn without messages has no frame', async () => {
    const line = new ScriptedLine();
    const due = [7];
    const turnEnds = () => {
      for (const seq of due.splice(0)) outbox.push(beat(seq));
    };
    const outbox: Outbox = new Outbox({ send: line.send, gone: () => {}, turnEnds });
    outbox.wake();
    await settle();
    line.last.accept();
    await settle();
    outbox.wake();
    await settle();
    expect(line.sent.map(({ frame }) => readClient(frame))).toStrictEqual([[beat(7)]]);
    outbox.push(beat(8));
    await settle();
    expect(line.sent).toHaveLength(2);
  });

  test('nothing is sent while a frame is being sent, however long that takes', async () => {
    const { line, push, frames } = open();
    push(1);
    await settle();
    push(2);
    await settle();
    push(3);
    expect(frames()).toStrictEqual([[1]]);
    line.last.accept();
    await settle();
    expect(frames()).toStrictEqual([[1], [2, 3]]);
  });

  test('a message that cannot be encoded is refused to its sender and does not delay others', async () => {
    const { outbox, push, frames } = open();
    expect(() => outbox.push(large(limits.maxMessageBytes))).toThrow(refusal('message_too_large'));
    push(1);
    expect(() => outbox.push({ type: 'progress', id: 7, fraction: Number.NaN })).toThrow(refusal('bad_message'));
    push(2);
    await settle();
    expect(frames()).toStrictEqual([[1, 2]]);
  });
});

describe('behind a slow peer', () => {
  test('a refused frame is sent before messages that were pushed in the meantime', async () => {
    const { line, push, frames } = open();
    push(1, 2);
    await settle();
    push(3);
    line.last.refuse('EAGAIN');
    await settle();
    await vi.runOnlyPendingTimersAsync();
    line.last.accept();
    expect(frames()).toStrictEqual([
      [1, 2],
      [1, 2, 3],
    ]);
  });

  test('a refused frame is retried until the line accepts it, before later messages', async () => {
    const { line, gone, outbox, push, frames } = open();
    push(1, 2);
    await settle();
    line.last.refuse('EAGAIN');
    await settle();
    expect(outbox.length).toBe(2);
    push(3);
    expect(frames()).toStrictEqual([[1, 2]]);
    for (let attempt = 0; attempt < 50; attempt += 1) {
      await vi.runOnlyPendingTimersAsync();
      expect(frames()).toHaveLength(attempt + 2);
      expect(frames().at(-1)).toStrictEqual([1, 2, 3]);
      line.last.refuse('EAGAIN');
      await settle();
    }
    await vi.runOnlyPendingTimersAsync();
    line.last.accept();
    await settle();
    expect(outbox.length).toBe(0);
    push(4);
    await settle();
    expect(frames().slice(-2)).toStrictEqual([[1, 2, 3], [4]]);
    expect(gone()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a full frame is not encoded again at each attempt', async () => {
    const { line, outbox, push, frames } = open();
    const bound = limits.maxBatchMessages;
    push(...Array.from({ length: bound + 1 }, (_, seq) => seq));
    await settle();
    line.last.refuse('EAGAIN');
    await settle();
    expect(outbox.length).toBe(bound + 1);
    await vi.runOnlyPendingTimersAsync();
    expect(line.last.frame).toBe(line.sent[0]?.frame);
    push(bound + 1);
    line.last.accept();
    await settle();
    expect(frames().at(-1)).toStrictEqual([bound, bound + 1]);
  });

  test('the delay between attempts grows, and is reset when the line accepts a frame', async () => {
    const { line, push } = open();
    const refuse = async (...waitsMs: number[]) => {
      for (const waitMs of waitsMs) {
        const { length } = line.sent;
        line.last.refuse('EAGAIN');
        await settle();
        await vi.advanceTimersByTimeAsync(waitMs - 1);
        expect(line.sent).toHaveLength(length);
        await vi.advanceTimersByTimeAsync(1);
        expect(line.sent).toHaveLength(length + 1);
      }
    };
    push(1);
    await settle();
    await refuse(5, 10, 20, 40, 40);
    line.last.accept();
    push(2);
    await settle();
    await refuse(5, 10);
    line.last.accept();
    await settle();
  });

  test('the time of the last successful send is known; a refusal does not change it', async () => {
    const { line, outbox, push } = open();
    const begunAtMs = outbox.takenAtMs;
    push(1);
    await settle();
    line.last.refuse('EAGAIN');
    await settle();
    expect(outbox.takenAtMs).toBe(begunAtMs);
    await vi.runOnlyPendingTimersAsync();
    line.last.accept();
    await settle();
    expect(outbox.takenAtMs).toBeGreaterThan(begunAtMs);
  });

  test('closing ends the retries', async () => {
    const { line, outbox, push } = open();
    push(1);
    await settle();
    line.last.refuse('EAGAIN');
    await settle();
    expect(vi.getTimerCount()).toBe(1);
    outbox.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(line.sent).toHaveLength(1);
  });
});

describe('when the peer is gone', () => {
  test.each(['EHOSTUNREACH', 'EBADF', 'ETERM'])('%s is reported once, and nothing more is sent', async (code) => {
    const { line, gone, outbox, push } = open();
    push(1, 2, 3);
    await settle();
    line.last.refuse(code);
    await settle();
    push(4);
    await settle();
    expect(gone()).toBe(1);
    expect(line.sent).toHaveLength(1);
    expect(outbox.length).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('closing in the callback is allowed', async () => {
    const line = new ScriptedLine();
    let gone = 0;
    const closing = () => {
      gone += 1;
      outbox.close();
    };
    const outbox: Outbox = new Outbox({ send: line.send, gone: closing });
    outbox.push(beat(1));
    await settle();
    line.last.refuse('EHOSTUNREACH');
    await settle();
    expect(gone).toBe(1);
  });
});

describe('once ended', () => {
  test('an outbox accepts nothing, but sends pending messages, including the last one', async () => {
    const { line, gone, outbox, push, frames } = open();
    push(1);
    await settle();
    push(2);
    outbox.end(beat(3));
    push(4);
    line.last.accept();
    await settle();
    push(5);
    line.last.accept();
    await settle();
    expect(frames()).toStrictEqual([[1], [2, 3]]);
    expect(outbox.length).toBe(0);
    expect(gone()).toBe(0);
  });

  test.each(['before', 'after'])('only the last message is kept for a peer that was slow %s the end', async (when) => {
    const { line, outbox, push, frames } = open();
    push(1);
    await settle();
    push(2, 3);
    if (when === 'after') outbox.end(beat(9));
    line.last.refuse('EAGAIN');
    await settle();
    if (when === 'before') outbox.end(beat(9));
    expect(outbox.length).toBe(1);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await vi.runOnlyPendingTimersAsync();
      line.last.refuse('EAGAIN');
      await settle();
    }
    await vi.runOnlyPendingTimersAsync();
    line.last.accept();
    await settle();
    expect(frames()).toStrictEqual([[1], [9], [9], [9]]);
    expect(outbox.length).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('once closed', () => {
  test('an outbox does not send the messages of the turn in which it was closed', async () => {
    const { line, outbox, push } = open();
    push(1);
    outbox.close();
    await settle();
    expect(line.sent).toStrictEqual([]);
  });

  test('an outbox accepts nothing, and can be closed again', async () => {
    const { line, gone, outbox, push } = open();
    push(1);
    await settle();
    push(2);
    outbox.close();
    outbox.close();
    push(3);
    line.last.accept();
    await settle();
    expect(line.sent).toHaveLength(1);
    expect(outbox.length).toBe(0);
    expect(gone()).toBe(0);
  });

  test.each(['EAGAIN', 'EHOSTUNREACH'])('a frame that fails late with %s is ignored', async (code) => {
    const { line, gone, outbox, push } = open();
    push(1);
    await settle();
    push(2);
    outbox.close();
    line.last.refuse(code);
    await settle();
    expect(line.sent).toHaveLength(1);
    expect(gone()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an outbox is full', () => {
  test.each([
    ['the maximum number of messages', beat(1), limits.maxDueMessages],
    ['the maximum number of bytes', large(1_000_000), Math.ceil(limits.maxDueBytes / 1_000_000)],
  ])('at %s, until the line has accepted some of them', async (_what, message, bound) => {
    const { line, outbox } = open();
    for (let pushed = 0; pushed < bound; pushed += 1) {
      expect(outbox.isFull).toBe(false);
      outbox.push(message);
    }
    expect(outbox.isFull).toBe(true);
    let hasRoom = false;
    const room = outbox.room().then(() => {
      hasRoom = true;
    });
    await settle();
    line.last.refuse('EAGAIN');
    await settle();
    expect([outbox.isFull, hasRoom]).toStrictEqual([true, false]);
    await vi.runOnlyPendingTimersAsync();
    line.last.accept();
    await room;
    expect(outbox.isFull).toBe(false);
    outbox.close();
  });

  test('until it is closed: then all callers that wait for room continue', async () => {
    const { outbox } = open();
    for (let pushed = 0; pushed < limits.maxDueMessages; pushed += 1) outbox.push(beat(1));
    const waits = [outbox.room(), outbox.room()];
    outbox.close();
    await Promise.all(waits);
    expect(outbox.isFull).toBe(false);
  });
});
