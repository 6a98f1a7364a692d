import { describe, expect, test } from 'vitest';
import type { FromClient, Message } from '../../schemas/index.ts';
import { limits } from '../../schemas/index.ts';
import { Jobs, type JobsOptions } from '../../src/client/jobs.ts';
import { monotonicMs } from '../../src/clock.ts';
import { refusal } from '../support/refusal.ts';

/** A session that keeps ids as they were sent. */
class Session {
  readonly messages: FromClient[] = [];
  readonly send = (message: FromClient): void => void this.messages.push(message);

  of<Type extends FromClient['type']>(type: Type): Message<FromClient, Type>[] {
    return this.messages.filter((message): message is Message<FromClient, Type> => message.type === type);
  }
}

const durable = (id: string) => ({ store: { id, durable: true } });

const completed = { outcome: 'completed', durationMs: 0 } as const;

function open(options: Partial<JobsOptions> = {}) {
  const session = new Session();
  const jobs = new Jobs({
    client: 'w1',
    stateOf: async () => '',
    onFault: () => {},
    print: () => {},
    onChange: () => {},
    ...options,
  });
  const task = { brief: false, resultOf: (value: unknown) => value };
  const forever = () => Promise.withResolvers().promise;
  const start = (id: number | string, standing?: true) => {
    const job = jobs.admit(id, 'work', session.send);
    const message = { type: 'command', id, name: 'work', args: {}, sentMs: 0, standing } as const;
    if (job) jobs.start(job, message, task, forever, session.send);
    return job !== undefined;
  };
  const takeUp = (id: string, storeId?: string) => jobs.takeUp({ id, storeId }, 'work', task, forever);
  /** What the next server gets: the ids of jobs, and the number of jobs that wait for another store. */
  const listed = (...begin: Parameters<Jobs['begin']>) => {
    const next = new Session();
    jobs.begin(...begin);
    jobs.list(next.send);
    return [next.of('job').map(({ id }) => id), next.of('jobs-end')[0]?.elsewhere];
  };
  return { session, jobs, start, takeUp, listed };
}

describe('a job of a server with a durable store', () => {
  test('is listed to servers of that store, and to one that adopts; others get the number of jobs', () => {
    const { jobs, start, listed } = open();
    jobs.begin('aaaaaaaa', durable('one'));
    start(1);
    expect(listed('bbbbbbbb', durable('two'))).toStrictEqual([[], 1]);
    expect(listed('cccccccc', { store: { id: 'c', durable: false } })).toStrictEqual([[], 1]);
    expect(listed('dddddddd', durable('one'))).toStrictEqual([['aaaaaaaa.1'], 0]);
    expect(listed('eeeeeeee', { ...durable('two'), adopt: true })).toStrictEqual([['aaaaaaaa.1'], 0]);
    expect(listed('aaaaaaaa', durable('one'))).toStrictEqual([[1], 0]);
  });
});

test('a recovered job is listed for the store that it names, or to every server', () => {
  const { takeUp, listed } = open();
  takeUp('aaaaaaaa.1', 'one');
  takeUp('bbbbbbbb.1', 'bbbbbbbb');
  takeUp('cccccccc.1');
  const others = ['bbbbbbbb.1', 'cccccccc.1'];
  expect(listed('dddddddd', durable('two'))).toStrictEqual([others, 1]);
  expect(listed('eeeeeeee', durable('one'))).toStrictEqual([['aaaaaaaa.1', ...others], 0]);
});

test('a job of a server without a durable store is listed to every server', () => {
  const { jobs, start, listed } = open();
  jobs.begin('aaaaaaaa', { store: { id: 'aaaaaaaa', durable: false } });
  start(1);
  expect(listed('bbbbbbbb', durable('two'))).toStrictEqual([['aaaaaaaa.1'], 0]);
});

describe('a command in full form', () => {
  test('of an epoch that has sent a welcome runs if its counter is above the highest', () => {
    const { jobs, session, start } = open();
    jobs.begin('aaaaaaaa');
    jobs.begin('bbbbbbbb');
    expect([start('aaaaaaaa.3'), start('aaaaaaaa.2')]).toStrictEqual([true, false]);
    expect(session.messages).toStrictEqual([
      { type: 'accepted', id: 'aaaaaaaa.3' },
      { type: 'stale', id: 'aaaaaaaa.2' },
    ]);
  });

  test('of an epoch that never sent a welcome runs once, and belongs to the store of the session', () => {
    const { jobs, session, start, listed } = open();
    jobs.begin('bbbbbbbb', durable('one'));
    expect([start('aaaaaaaa.1'), start('aaaaaaaa.1')]).toStrictEqual([true, false]);
    expect(session.messages.map(({ type }) => type)).toStrictEqual(['accepted', 'accepted']);
    expect(listed('cccccccc', durable('two'))).toStrictEqual([[], 1]);
    expect(listed('dddddddd', durable('one'))).toStrictEqual([['aaaaaaaa.1'], 0]);
  });

  test('of an unknown epoch is stale if an epoch was forgotten, because it may have run', () => {
    const { jobs, session, start } = open();
    for (let at = 0; at <= limits.maxServerBoots; at += 1) jobs.begin(`bbbbbbbb${at}`);
    expect(start('aaaaaaaa.1')).toBe(false);
    expect(session.messages).toStrictEqual([{ type: 'stale', id: 'aaaaaaaa.1' }]);
  });

  test('of the own epoch is the job with that number', () => {
    const { jobs, session, start } = open();
    jobs.begin('aaaaaaaa');
    expect([start('aaaaaaaa.1'), start(1)]).toStrictEqual([true, false]);
    expect(session.messages).toStrictEqual([
      { type: 'accepted', id: 1 },
      { type: 'accepted', id: 1 },
    ]);
  });
});

test('the list marks the jobs that are standing, and those recovered from an earlier process', () => {
  const { jobs, start, takeUp } = open();
  takeUp('aaaaaaaa.1');
  jobs.begin('bbbbbbbb');
  start(1, true);
  start(2);
  const next = new Session();
  jobs.list(next.send);
  expect(next.of('job').map(({ id, standing, takenUp }) => [id, standing, takenUp])).toStrictEqual([
    ['aaaaaaaa.1', undefined, true],
    [1, true, undefined],
    [2, undefined, undefined],
  ]);
});

describe('outcomes that are held for another store', () => {
  const forgetAfterMs = 1_000;

  /** Jobs of a store, which have ended, and then a session with a server of another store. */
  function openElsewhere(count: number) {
    const scene = open({ forgetAfterMs });
    const { jobs, session } = scene;
    jobs.begin('aaaaaaaa', durable('one'));
    for (let id = 1; id <= count; id += 1) jobs.admit(id, 'work', session.send)?.settle(completed);
    jobs.begin('bbbbbbbb', durable('two'));
    const settle = (id: number) => {
      const job = jobs.admit(id, 'work', session.send);
      jobs.checkRoom();
      job?.settle(completed);
    };
    return { ...scene, settle };
  }

  test('do not block new commands: at the limit the oldest outcome is dropped', () => {
    const { jobs, settle, listed } = openElsewhere(limits.maxHeldResults);
    settle(1);
    settle(2);
    expect(jobs.unacked).toBe(limits.maxHeldResults);
    expect(jobs.tick(monotonicMs())).toBe(2);
    const [own, elsewhere] = listed('cccccccc', durable('two'));
    expect([own, elsewhere]).toStrictEqual([['bbbbbbbb.1', 'bbbbbbbb.2'], limits.maxHeldResults - 2]);
    expect(listed('aaaaaaaa', durable('one'))[0]).toStrictEqual(
      Array.from({ length: limits.maxHeldResults - 2 }, (_, at) => at + 3),
    );
  });

  test('are dropped one by one; when none remains a command is busy', () => {
    const { jobs, settle } = openElsewhere(1);
    for (let id = 1; id <= limits.maxHeldResults; id += 1) settle(id);
    expect(jobs.tick(monotonicMs())).toBe(1);
    expect(() => settle(limits.maxHeldResults + 1)).toThrow(refusal('busy'));
  });

  test('are forgotten after their time, and no sooner; the outcome of a job that ended later is kept', () => {
    const { jobs, session, listed } = open({ forgetAfterMs });
    jobs.begin('aaaaaaaa', durable('one'));
    const running = [1, 2].map((id) => jobs.admit(id, 'work', session.send));
    jobs.begin('bbbbbbbb', durable('two'));
    running[1]?.settle({ ...completed, durationMs: 50 });
    running[0]?.settle({ ...completed, durationMs: 90 });
    const startedAtMs = running[1]?.startedAtMs ?? 0;
    expect(jobs.tick(startedAtMs + forgetAfterMs + 49)).toBe(0);
    expect(jobs.tick(startedAtMs + forgetAfterMs + 50)).toBe(1);
    expect(listed('cccccccc', durable('two'))).toStrictEqual([[], 1]);
    expect(listed('dddddddd', durable('one'))).toStrictEqual([['aaaaaaaa.1'], 0]);
  });

  test('are not forgotten while the jobs run, nor when their store is connected, nor when the server adopts', () => {
    const { jobs, session, start } = open({ forgetAfterMs });
    jobs.begin('aaaaaaaa', durable('one'));
    jobs.admit(1, 'work', session.send)?.settle(completed);
    const late = () => jobs.tick(monotonicMs() + 2 * forgetAfterMs);
    expect(late()).toBe(0);
    jobs.begin('bbbbbbbb', { ...durable('two'), adopt: true });
    expect(late()).toBe(0);
    start(2);
    jobs.begin('cccccccc', { ...durable('three') });
    expect(late()).toBe(1);
    expect(jobs.all().map(({ id }) => id)).toStrictEqual(['bbbbbbbb.2']);
  });

  test('do not delay the end of the client; those of the session do', () => {
    const { jobs, settle } = openElsewhere(2);
    expect(jobs.allAcked).toBe(true);
    settle(1);
    expect(jobs.allAcked).toBe(false);
    jobs.ack([1]);
    expect([jobs.allAcked, jobs.unacked]).toStrictEqual([true, 2]);
  });

  test('that were forgotten have run: their commands are stale when repeated', () => {
    const { jobs, session, start } = openElsewhere(1);
    expect(jobs.tick(monotonicMs() + 2 * forgetAfterMs)).toBe(1);
    jobs.begin('aaaaaaaa', durable('one'));
    expect(start(1)).toBe(false);
    expect(session.of('stale')).toStrictEqual([{ type: 'stale', id: 1 }]);
  });
});
