import { describe, expect, test } from 'vitest';
import type { FromServer } from '../../schemas/index.ts';
import { Outbox } from '../../src/wire/outbox.ts';
import { OutboxGroup } from '../../src/wire/outbox-group.ts';
import { readServer } from '../support/wire.ts';
import { ScriptedLine, settle } from './scripted-line.ts';

const beat = (seq: number): FromServer => ({ type: 'heartbeat', seq, sentMs: 0 });

function open(count: number) {
  const group = new OutboxGroup();
  return Array.from({ length: count }, () => {
    const line = new ScriptedLine();
    const outbox = new Outbox({ send: line.send, gone: () => {} }, group);
    const seqs = () =>
      line.sent.map(({ frame }) =>
        readServer(frame).map((message) => (message.type === 'heartbeat' ? message.seq : -1)),
      );
    return { line, outbox, seqs };
  });
}

describe('outboxes of one socket', () => {
  test.each([
    ['one message', [beat(1)]],
    ['several', [beat(1), beat(2), beat(3)]],
  ])('send one and the same frame where all are due %s', async (_what, messages) => {
    const all = open(3);
    for (const message of messages) for (const { outbox } of all) outbox.push(message);
    await settle();
    expect(all.map(({ seqs }) => seqs())).toStrictEqual(all.map(() => [messages.map((_, at) => at + 1)]));
    expect(new Set(all.map(({ line }) => line.last.frame)).size).toBe(1);
  });

  test('send each peer its own messages', async () => {
    const [one, two, three] = open(3);
    const [a, b] = [beat(1), beat(2)];
    one?.outbox.push(a);
    two?.outbox.push(a);
    two?.outbox.push(b);
    three?.outbox.push(b);
    three?.outbox.push(a);
    await settle();
    expect([one, two, three].map((each) => each?.seqs())).toStrictEqual([[[1]], [[1, 2]], [[2, 1]]]);
  });

  test('send all messages of a turn at its end, with a single immediate', async () => {
    const all = open(3);
    const order: string[] = [];
    setImmediate(() => order.push('before'));
    for (const { outbox } of all) outbox.push(beat(1));
    setImmediate(() => order.push(...all.map(({ line }) => `sent ${line.sent.length}`)));
    await settle();
    expect(order).toStrictEqual(['before', 'sent 1', 'sent 1', 'sent 1']);
  });

  test('do not wait for the slow line of another outbox', async () => {
    const [slow, quick] = open(2);
    for (const seq of [1, 2]) {
      for (const each of [slow, quick]) each?.outbox.push(beat(seq));
      await settle();
      quick?.line.last.accept();
      await settle();
    }
    expect([slow?.seqs(), quick?.seqs()]).toStrictEqual([[[1]], [[1], [2]]]);
  });
});
