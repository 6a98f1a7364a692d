import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { limits, type WireError } from '../../schemas/index.ts';
import type { Job } from '../../src/client/job.ts';
import { Jobs } from '../../src/client/jobs.ts';
import type { Work } from '../../src/client/task.ts';
import { refusal } from '../support/refusal.ts';
import { Recorder } from './recorder.ts';

const idOf = (counter: number, boot = 'aaaaaaaa') => `${boot}.${counter}`;
const notReady: WireError = { code: 'not_ready', message: 'send start first' };

function open() {
  const session = new Recorder();
  const jobs = new Jobs({
    client: 'w1',
    stateOf: async () => '',
    onFault: () => {},
    print: () => {},
    onChange: () => {},
  });
  jobs.begin('aaaaaaaa');
  const work = vi.fn<Work>(() => 1);
  const task = { resultOf: (value: unknown) => value, brief: false };
  const admit = (id: string) => jobs.admit(id, 'work', session.send);
  /** The effect of a data command in the dispatcher. */
  const command = (id: string): boolean => {
    const job = admit(id);
    const message = { type: 'command', id, name: 'work', args: {}, sentMs: 0 } as const;
    if (job) jobs.start(job, message, task, work, session.send);
    return job !== undefined;
  };
  const reject = (id: string) => {
    const job = admit(id);
    if (job) jobs.settle(job, { outcome: 'rejected', error: notReady }, session.send);
    return job !== undefined;
  };
  const held = () => jobs.all().map(({ id }) => id);
  return { session, jobs, work, admit, command, reject, held };
}

describe('no id runs twice', () => {
  test('a repeat of a running command is answered from memory', async () => {
    const { session, work, command } = open();
    expect(command(idOf(1))).toBe(true);
    expect(command(idOf(1))).toBe(false);
    await session.sent('result');
    expect(session.types()).toStrictEqual(['accepted', 'accepted', 'result']);
    expect(work).toHaveBeenCalledTimes(1);
  });

  test('a repeat of an ended command gets the same outcome', async () => {
    const { session, work, command } = open();
    command(idOf(1));
    const first = await session.sent('result');
    command(idOf(1));
    expect(session.of('result')).toStrictEqual([first, first]);
    expect(work).toHaveBeenCalledTimes(1);
  });

  test('a repeat of a rejected command is rejected again, even if it could run now', () => {
    const { session, work, command, reject } = open();
    reject(idOf(1));
    expect(command(idOf(1))).toBe(false);
    expect(session.types()).toStrictEqual(['rejected', 'rejected']);
    expect(work).not.toHaveBeenCalled();
  });

  test('a command that was acknowledged, even by another server, is stale', async () => {
    const { session, jobs, work, command } = open();
    command(idOf(1));
    await session.sent('result');
    jobs.ack([idOf(1)]);
    expect(command(idOf(1))).toBe(false);
    expect(session.types()).toStrictEqual(['accepted', 'result', 'stale']);
    expect(session.of('stale')).toStrictEqual([{ type: 'stale', id: idOf(1) }]);
    expect(work).toHaveBeenCalledTimes(1);
  });

  test.each([
    [9, 10, true],
    [10, 10, false],
    [10, 9, false],
    [10, 11, true],
  ])('after counter %i, counter %i of the same server is new: %s', (before, next, isNew) => {
    const { command } = open();
    command(idOf(before));
    expect(command(idOf(next))).toBe(isNew);
  });

  test('counters of another server are independent', () => {
    const { jobs, command } = open();
    expect(command(idOf(10))).toBe(true);
    jobs.begin('bbbbbbbb');
    expect(command(idOf(1, 'bbbbbbbb'))).toBe(true);
    expect(command(idOf(1, 'bbbbbbbb'))).toBe(false);
  });

  test('counters are kept across sessions with 999 other servers, up to a limit', () => {
    const { command, jobs } = open();
    const others = (from: number, to: number) => {
      for (let n = from; n <= to; n += 1) jobs.begin(`server${n}`);
    };
    const acked = (id: string) => {
      if (!command(id)) return false;
      jobs.all()[0]?.settle({ outcome: 'completed', durationMs: 0 });
      jobs.ack([id]);
      return true;
    };
    expect(acked(idOf(10))).toBe(true);
    others(1, 999);
    jobs.begin('aaaaaaaa');
    expect([acked(idOf(10)), acked(idOf(11))]).toStrictEqual([false, true]);
    others(1_000, 1_999);
    jobs.begin('aaaaaaaa');
    expect(acked(idOf(11))).toBe(true);
  });

  test('counters of a server whose job is held are kept across any number of sessions', () => {
    const { command, jobs } = open();
    command(idOf(10));
    for (let n = 1; n <= limits.maxServerBoots; n += 1) jobs.begin(`server${n}`);
    expect([command(idOf(10)), command(idOf(9)), command(idOf(11))]).toStrictEqual([false, false, true]);
  });
});

describe('a client holds', () => {
  test('an outcome until it is acknowledged', async () => {
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

  test('a running job, whatever is acknowledged', () => {
    const { jobs, command, held } = open();
    command(idOf(1));
    jobs.ack([idOf(1)]);
    expect(held()).toStrictEqual([idOf(1)]);
  });

  test('a detached job, which sends nothing until it is fetched', async () => {
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
    jobs.attach({ type: 'fetch', id: idOf(1), from: {} }, next.send);
    expect(next.messages).toMatchObject([{ type: 'result', id: idOf(1), result: 5 }]);
  });

  test('only the last 256 rejections; repeats of older ones do not run', () => {
    const { session, work, command, reject, held } = open();
    const bound = limits.maxUnacceptedCommands;
    expect(bound).toBe(256);
    for (let counter = 1; counter <= bound + 3; counter += 1) reject(idOf(counter));
    expect(held()).toHaveLength(bound);
    expect(held()[0]).toBe(idOf(4));
    expect(command(idOf(3))).toBe(false);
    expect(session.of('stale').at(-1)).toMatchObject({ id: idOf(3) });
    expect(command(idOf(4))).toBe(false);
    expect(session.of('rejected').at(-1)).toMatchObject({ id: idOf(4), error: notReady });
    expect(work).not.toHaveBeenCalled();
  });

  test('another rejection after one is acknowledged', () => {
    const { jobs, reject, held } = open();
    for (let counter = 1; counter <= 256; counter += 1) reject(idOf(counter));
    jobs.ack([idOf(256)]);
    reject(idOf(257));
    expect([held().length, held()[0], held().at(-1)]).toStrictEqual([256, idOf(1), idOf(257)]);
  });

  test('at most 10,000 outcomes: then commands are busy until one is acknowledged', async () => {
    const { session, jobs, admit, command } = open();
    const bound = limits.maxHeldResults;
    const batch = 500;
    for (let counter = 1; counter <= bound; counter += 1) {
      command(idOf(counter));
      // Below the limit of running jobs.
      if (counter % batch === 0) await session.sent('result', counter);
    }
    while (jobs.running.size > 0) await nextTurn();
    expect(jobs.unacked).toBe(bound);
    const next = admit(idOf(bound + 1));
    expect(() => jobs.checkRoom()).toThrow(refusal('busy'));
    jobs.ack([idOf(1)]);
    jobs.checkRoom();
    expect(next?.settled).toBeUndefined();
  });
});

describe('a cancel that arrives before its command', () => {
  const wasCancelled = (job: Job | undefined) => job?.epoch.wasCancelled(job.counter);

  test('is remembered once', () => {
    const { jobs, admit } = open();
    jobs.cancel(idOf(1));
    const job = admit(idOf(1));
    expect([wasCancelled(job), wasCancelled(job), wasCancelled(admit(idOf(2)))]).toStrictEqual([true, false, false]);
  });

  test('is forgotten after 256 others', () => {
    const { jobs, admit } = open();
    for (let counter = 1; counter <= 257; counter += 1) jobs.cancel(idOf(counter));
    const [first, second, last] = [1, 2, 257].map((counter) => admit(idOf(counter)));
    expect([first, second, last].map(wasCancelled)).toStrictEqual([false, true, true]);
  });
});
