import { describe, expect, test } from 'vitest';
import type { FromClient, Message } from '../../schemas/index.ts';
import { limits } from '../../schemas/index.ts';
import { Jobs } from '../../src/client/jobs.ts';

/** A session that keeps ids as they were sent. */
class Session {
  readonly messages: FromClient[] = [];
  readonly send = (message: FromClient): void => void this.messages.push(message);

  of<Type extends FromClient['type']>(type: Type): Message<FromClient, Type>[] {
    return this.messages.filter((message): message is Message<FromClient, Type> => message.type === type);
  }
}

const durable = (id: string) => ({ store: { id, durable: true } });

function open() {
  const session = new Session();
  const jobs = new Jobs({ print: () => {}, onChange: () => {} });
  const task = { brief: false, resultOf: (value: unknown) => value };
  const forever = () => Promise.withResolvers().promise;
  const start = (id: number | string, standing?: true) => {
    const job = jobs.admit(id, 'work', session.send);
    const message = { type: 'command', id, name: 'work', args: {}, sentMs: 0, standing } as const;
    if (job) jobs.start(job, message, task, forever, session.send);
    return job !== undefined;
  };
  const takeUp = (id: string) => jobs.takeUp(id, 'work', task, forever, undefined);
  /** What the next server is told: the ids of jobs, and how many wait for another store. */
  const listed = (...begin: Parameters<Jobs['begin']>) => {
    const next = new Session();
    jobs.begin(...begin);
    jobs.list(next.send);
    return [next.of('job').map(({ id }) => id), next.of('jobs-end')[0]?.elsewhere];
  };
  return { session, jobs, start, takeUp, listed };
}

describe('a job of a server with a durable store', () => {
  test('is listed to servers of that store, and to one that adopts; others are told of how many there are', () => {
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

test('a job of a server without a durable store is listed to every server', () => {
  const { jobs, start, listed } = open();
  jobs.begin('aaaaaaaa', { store: { id: 'aaaaaaaa', durable: false } });
  start(1);
  expect(listed('bbbbbbbb', durable('two'))).toStrictEqual([['aaaaaaaa.1'], 0]);
});

describe('a command in full form', () => {
  test('of an epoch that has said welcome runs where its counter is above the highest', () => {
    const { jobs, session, start } = open();
    jobs.begin('aaaaaaaa');
    jobs.begin('bbbbbbbb');
    expect([start('aaaaaaaa.3'), start('aaaaaaaa.2')]).toStrictEqual([true, false]);
    expect(session.messages).toStrictEqual([
      { type: 'accepted', id: 'aaaaaaaa.3' },
      { type: 'stale', id: 'aaaaaaaa.2' },
    ]);
  });

  test('of an epoch that never said welcome runs, once, and belongs to the store of the session', () => {
    const { jobs, session, start, listed } = open();
    jobs.begin('bbbbbbbb', durable('one'));
    expect([start('aaaaaaaa.1'), start('aaaaaaaa.1')]).toStrictEqual([true, false]);
    expect(session.messages.map(({ type }) => type)).toStrictEqual(['accepted', 'accepted']);
    expect(listed('cccccccc', durable('two'))).toStrictEqual([[], 1]);
    expect(listed('dddddddd', durable('one'))).toStrictEqual([['aaaaaaaa.1'], 0]);
  });

  test('of an epoch that is not known is stale where one was forgotten: it may have run', () => {
    const { jobs, session, start } = open();
    for (let at = 0; at <= limits.maxServerBoots; at += 1) jobs.begin(`bbbbbbbb${at}`);
    expect(start('aaaaaaaa.1')).toBe(false);
    expect(session.messages).toStrictEqual([{ type: 'stale', id: 'aaaaaaaa.1' }]);
  });

  test('of the own epoch is the job that its number names', () => {
    const { jobs, session, start } = open();
    jobs.begin('aaaaaaaa');
    expect([start('aaaaaaaa.1'), start(1)]).toStrictEqual([true, false]);
    expect(session.messages).toStrictEqual([
      { type: 'accepted', id: 1 },
      { type: 'accepted', id: 1 },
    ]);
  });
});

test('the list says which jobs are standing, and which were taken up from a former process', () => {
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
