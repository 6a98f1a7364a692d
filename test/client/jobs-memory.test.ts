import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { limits, type WireError } from '../../schemas/index.ts';
import { Jobs } from '../../src/client/jobs.ts';
import type { Work } from '../../src/client/task.ts';
import { refusal } from '../support/refusal.ts';
import { Recorder } from './recorder.ts';

const idOf = (counter: number, boot = 'aaaaaaaa') => `${boot}.${counter}`;
const notReady: WireError = { code: 'not_ready', message: 'send start first' };

function open() {
  const session = new Recorder();
  const jobs = new Jobs({ print: () => {}, onChange: () => {} });
  const work = vi.fn<Work>(() => 1);
  /** What the dispatcher does with a data command. */
  const command = (id: string): boolean => {
    const isNew = jobs.admit(id, session.send);
    const message = { type: 'command', id, name: 'work', args: {}, sentMs: 0 } as const;
    if (isNew) jobs.start(message, { resultOf: (value) => value, brief: false }, work, session.send);
    return isNew;
  };
  const reject = (id: string) => {
    if (!jobs.admit(id, session.send)) return false;
    jobs.settle(id, 'work', { outcome: 'rejected', error: notReady }, session.send);
    return true;
  };
  const held = () => [...jobs.all()].map(({ id }) => id);
  return { session, jobs, work, command, reject, held };
}

describe('no id runs twice', () => {
  test('a repeat of one that runs is answered from memory', async () => {
    const { session, work, command } = open();
    expect(command(idOf(1))).toBe(true);
    expect(command(idOf(1))).toBe(false);
    await session.sent('result');
    expect(session.types()).toStrictEqual(['accepted', 'accepted', 'result']);
    expect(work).toHaveBeenCalledTimes(1);
  });

  test('a repeat of one that has ended gets the same outcome again', async () => {
    const { session, work, command } = open();
    command(idOf(1));
    const first = await session.sent('result');
    command(idOf(1));
    expect(session.of('result')).toStrictEqual([first, first]);
    expect(work).toHaveBeenCalledTimes(1);
  });

  test('a repeat of one that was rejected is rejected again, though it could run by now', () => {
    const { session, work, command, reject } = open();
    reject(idOf(1));
    expect(command(idOf(1))).toBe(false);
    expect(session.types()).toStrictEqual(['rejected', 'rejected']);
    expect(work).not.toHaveBeenCalled();
  });

  test('one that was acked, by another server then, is answered as lost', async () => {
    const { session, jobs, work, command } = open();
    command(idOf(1));
    await session.sent('result');
    jobs.ack([idOf(1)]);
    expect(command(idOf(1))).toBe(false);
    expect(session.types()).toStrictEqual(['accepted', 'result', 'rejected']);
    expect(session.of('rejected')).toMatchObject([{ id: idOf(1), error: { code: 'lost' } }]);
    expect(work).toHaveBeenCalledTimes(1);
  });

  test.each([
    [9, 10, true],
    [10, 10, false],
    [10, 9, false],
    [10, 11, true],
  ])('after counter %i, counter %i of the same server is new: %s', (before, next, isNew) => {
    const { jobs, command, session } = open();
    command(idOf(before));
    expect(jobs.admit(idOf(next), session.send)).toBe(isNew);
  });

  test('counters of another server count by themselves', () => {
    const { command } = open();
    expect(command(idOf(10))).toBe(true);
    expect(command(idOf(1, 'bbbbbbbb'))).toBe(true);
    expect(command(idOf(1, 'bbbbbbbb'))).toBe(false);
  });

  test('counters are kept while 999 other servers send commands, and bounded', () => {
    const { command, jobs, session } = open();
    const others = (from: number, to: number) => {
      for (let n = from; n <= to; n += 1) jobs.admit(idOf(1, `server${n}`), session.send);
    };
    command(idOf(10));
    others(1, 999);
    expect(command(idOf(10))).toBe(false);
    expect(command(idOf(11))).toBe(true);
    others(1000, 1998);
    expect(command(idOf(11))).toBe(false);
    others(1999, 2999);
    jobs.ack([idOf(10), idOf(11)]);
    expect(jobs.admit(idOf(1, 'server1'), session.send)).toBe(true);
  });
});

describe('what is held', () => {
  test('an outcome until it is acked, and then no more', async () => {
    const { session, jobs, command, held } = open();
    command(idOf(1));
    command(idOf(2));
    await session.sent('result', 2);
    expect(held()).toStrictEqual([idOf(1), idOf(2)]);
    jobs.ack([idOf(1)]);
    expect([held(), jobs.allAcked]).toStrictEqual([[idOf(2)], false]);
    jobs.ack([idOf(2), idOf(3)]);
    expect([held(), jobs.allAcked]).toStrictEqual([[], true]);
  });

  test('a job that still runs, whatever is acked', () => {
    const { jobs, command, held } = open();
    command(idOf(1));
    jobs.ack([idOf(1)]);
    expect(held()).toStrictEqual([idOf(1)]);
  });

  test('a job detached sends nothing until it is fetched', async () => {
    const { session, jobs, work, command } = open();
    const gate = Promise.withResolvers<number>();
    work.mockReturnValueOnce(gate.promise);
    command(idOf(1));
    jobs.detachAll();
    gate.resolve(5);
    command(idOf(2));
    await session.sent('result');
    expect(session.of('result').map(({ id }) => id)).toStrictEqual([idOf(2)]);
    const next = new Recorder();
    jobs.attach(idOf(1), next.send, {});
    expect(next.messages).toMatchObject([{ type: 'result', id: idOf(1), result: 5 }]);
  });

  test('of rejections only the last 256, and the others are not run when they are repeated', () => {
    const { session, work, command, reject, held } = open();
    const bound = limits.maxUnacceptedCommands;
    expect(bound).toBe(256);
    for (let counter = 1; counter <= bound + 3; counter += 1) reject(idOf(counter));
    expect(held()).toHaveLength(bound);
    expect(held()[0]).toBe(idOf(4));
    expect(command(idOf(3))).toBe(false);
    expect(session.of('rejected').at(-1)).toMatchObject({ id: idOf(3), error: { code: 'lost' } });
    expect(command(idOf(4))).toBe(false);
    expect(session.of('rejected').at(-1)).toMatchObject({ id: idOf(4), error: notReady });
    expect(work).not.toHaveBeenCalled();
  });

  test('an acked rejection makes room for another', () => {
    const { jobs, reject, held } = open();
    for (let counter = 1; counter <= 256; counter += 1) reject(idOf(counter));
    jobs.ack([idOf(256)]);
    reject(idOf(257));
    expect([held().length, held()[0], held().at(-1)]).toStrictEqual([256, idOf(1), idOf(257)]);
  });

  test('at most 10,000 outcomes: then commands are busy until one is acked', async () => {
    const { session, jobs, command } = open();
    const bound = limits.maxHeldResults;
    const batch = 500;
    for (let counter = 1; counter <= bound; counter += 1) {
      command(idOf(counter));
      // Under the bound of jobs that run.
      if (counter % batch === 0) await session.sent('result', counter);
    }
    while (jobs.running > 0) await nextTurn();
    expect(jobs.unacked).toBe(bound);
    expect(() => jobs.checkRoom()).toThrow(refusal('busy'));
    jobs.ack([idOf(1)]);
    jobs.checkRoom();
  });
});

describe('a cancel ahead of its command', () => {
  test('is remembered once', () => {
    const { jobs } = open();
    jobs.cancel(idOf(1));
    expect([jobs.wasCancelled(idOf(1)), jobs.wasCancelled(idOf(1))]).toStrictEqual([true, false]);
    expect(jobs.wasCancelled(idOf(2))).toBe(false);
  });

  test('is forgotten after 256 others', () => {
    const { jobs } = open();
    for (let counter = 1; counter <= 257; counter += 1) jobs.cancel(idOf(counter));
    expect([1, 2, 257].map((counter) => jobs.wasCancelled(idOf(counter)))).toStrictEqual([false, true, true]);
  });
});
