import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { limits, SignalboxError } from '../../schemas/index.ts';
import { Jobs } from '../../src/client/jobs.ts';
import type { Work } from '../../src/client/task.ts';
import { type JobContext, JobFailure } from '../../src/plugin/implement.ts';
import { refusal } from '../support/refusal.ts';
import { Recorder } from './recorder.ts';

const idOf = (counter: number) => `aaaaaaaa.${counter}`;

/** Work that ends as soon as its signal aborts. */
async function obedient({ signal }: JobContext): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

function open() {
  const session = new Recorder();
  let changed = Promise.withResolvers<void>();
  const onChange = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const jobs = new Jobs({ client: 'w1', stateOf: async () => '', onFault: () => {}, print: () => {}, onChange });
  jobs.begin('aaaaaaaa');
  const start = (
    id: string,
    work: Work,
    { timeoutMs, brief = false }: { timeoutMs?: number; brief?: boolean } = {},
  ) => {
    const command = { type: 'command', id, name: 'work', args: {}, sentMs: 0, timeoutMs } as const;
    const job = jobs.admit(id, 'work', session.send);
    if (job) jobs.start(job, command, { resultOf: (value) => value, brief }, work, session.send);
  };
  /** Work that lasts until the test ends it. */
  const started = (id: string, timeoutMs?: number) => {
    const gate = Promise.withResolvers<unknown>();
    // It may be rejected before the work starts, when nobody awaits it yet.
    gate.promise.catch(() => {});
    const begun = Promise.withResolvers<void>();
    const work = vi.fn<Work>(() => {
      begun.resolve();
      return gate.promise;
    });
    start(id, work, { ...(timeoutMs !== undefined && { timeoutMs }) });
    return { ...gate, work, begun: begun.promise };
  };
  /** Resolves when this number of jobs run. */
  const running = async (count: number) => {
    while (jobs.running.size !== count) await changed.promise;
  };
  return { session, jobs, start, started, running };
}

// The test decides when deadlines pass, and afterwards no timer remains.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a job', () => {
  test('that takes time is accepted, then completed with the result of its work', async () => {
    const { session, jobs, started, running } = open();
    const { work, resolve } = started(idOf(1));
    expect(work).not.toHaveBeenCalled();
    await session.sent('accepted');
    expect(session.messages).toStrictEqual([{ type: 'accepted', id: idOf(1) }]);
    expect([jobs.running.size, jobs.unacked]).toStrictEqual([1, 0]);
    vi.advanceTimersByTime(250);
    resolve(42);
    expect(await session.sent('result')).toStrictEqual({
      type: 'result',
      id: idOf(1),
      outcome: 'completed',
      result: 42,
      durationMs: 250,
    });
    expect(work).toHaveBeenCalledTimes(1);
    await running(0);
    expect(jobs.unacked).toBe(1);
  });

  test('that is brief is reported only by its outcome; if it takes longer, it is accepted', async () => {
    const { session, start } = open();
    start(idOf(1), () => 42, { brief: true });
    await session.sent('result');
    const { promise, resolve } = Promise.withResolvers<number>();
    start(idOf(2), () => promise, { brief: true });
    await session.sent('accepted');
    resolve(43);
    await session.sent('result', 2);
    expect(session.messages.map(({ type, ...rest }) => [type, 'id' in rest && rest.id])).toStrictEqual([
      ['result', idOf(1)],
      ['accepted', idOf(2)],
      ['result', idOf(2)],
    ]);
  });

  test('that is brief is settled before the next message is read, whether its work returns or throws', () => {
    const { session, jobs, start } = open();
    start(idOf(1), () => 42, { brief: true });
    const broken = () => {
      throw new Error('broken');
    };
    start(idOf(2), broken, { brief: true });
    expect(session.of('result')).toMatchObject([
      { id: idOf(1), outcome: 'completed', result: 42 },
      { id: idOf(2), outcome: 'failed', error: { code: 'command_failed', message: 'broken' } },
    ]);
    expect([jobs.running.size, jobs.unacked]).toStrictEqual([0, 2]);
  });

  test('that is brief and returns a thenable is completed with its value', async () => {
    const { session, start } = open();
    // biome-ignore lint/suspicious/noThenProperty: the test is about thenables.
    const thenable = { then: (resolve: (value: number) => void) => resolve(7) };
    start(idOf(1), () => thenable, { brief: true });
    expect(await session.sent('result')).toMatchObject({ outcome: 'completed', result: 7 });
  });

  test.each<[string, Work]>([
    ['output', (job) => job.output('stdout', 'text')],
    ['progress', (job) => job.progress(0.5)],
  ])('that is brief and sends %s is accepted before that', (type, work) => {
    const { session, start } = open();
    start(idOf(1), work, { brief: true });
    expect(session.types()).toStrictEqual(['accepted', type, 'result']);
  });

  test('can use the functions of its context without the context', async () => {
    const { session, start } = open();
    start(idOf(1), ({ output, progress }) => {
      output('stdout', 'text');
      progress(1);
    });
    await session.sent('result');
    expect(session.types()).toStrictEqual(['accepted', 'output', 'progress', 'result']);
  });

  test('that blocks the process was accepted before', async () => {
    const { session, start } = open();
    let before: string[] = [];
    start(idOf(1), () => {
      before = session.types();
    });
    await session.sent('result');
    expect(before).toStrictEqual(['accepted']);
  });

  test('that returns nothing completes without a result', async () => {
    const { session, started } = open();
    started(idOf(1)).resolve(undefined);
    expect(Object.keys(await session.sent('result'))).toStrictEqual(['type', 'id', 'outcome', 'durationMs']);
  });

  test.each([
    ['an error of any kind', new Error('broken'), 'command_failed', 'broken'],
    ['text', 'just text', 'command_failed', 'just text'],
    ['an error of ours', new SignalboxError('not_allowed', 'no'), 'not_allowed', 'no'],
  ])('that throws %s is failed, and no stack travels', async (_what, thrown, code, message) => {
    const { session, started } = open();
    started(idOf(1)).reject(thrown);
    const { outcome, error } = await session.sent('result');
    expect([outcome, error]).toStrictEqual(['failed', { code, message }]);
  });

  test('that throws synchronously is treated the same', async () => {
    const { session, start } = open();
    start(idOf(1), () => {
      throw new Error('at once');
    });
    expect(await session.sent('result')).toMatchObject({ outcome: 'failed', error: { code: 'command_failed' } });
  });

  test('sends its output before its outcome', async () => {
    const { session, start } = open();
    start(idOf(1), (job) => {
      job.output('stdout', 'täxt');
      job.output('stderr', Buffer.from([1, 2]));
    });
    await session.sent('result');
    expect(session.types()).toStrictEqual(['accepted', 'output', 'output', 'result']);
    expect(session.text()).toBe('täxt');
  });
});

describe('a job that is ended', () => {
  test('by a cancel is cancelled', async () => {
    const { session, jobs, start } = open();
    start(idOf(1), obedient);
    vi.advanceTimersByTime(30);
    jobs.cancel(idOf(1));
    jobs.cancel(idOf(1));
    const error = { code: 'cancelled', message: 'cancelled by the server' };
    expect(await session.sent('result')).toMatchObject({ outcome: 'cancelled', error, durationMs: 30 });
  });

  test('completes if its work completes anyway', async () => {
    const { session, jobs, started } = open();
    const { resolve, begun } = started(idOf(1));
    await begun;
    jobs.cancel(idOf(1));
    resolve('done');
    expect(await session.sent('result')).toMatchObject({ outcome: 'completed', result: 'done' });
  });

  test('by its deadline fails with deadline_exceeded, even if it is cancelled later', async () => {
    const { session, jobs, start } = open();
    start(idOf(1), obedient, { timeoutMs: 500 });
    vi.advanceTimersByTime(499);
    expect(session.of('result')).toHaveLength(0);
    vi.advanceTimersByTime(1);
    jobs.cancel(idOf(1));
    const error = { code: 'deadline_exceeded', message: 'still running after 500 ms' };
    expect(await session.sent('result')).toMatchObject({ outcome: 'failed', error, durationMs: 500 });
  });

  test('fails if its work completes after the deadline', async () => {
    const { session, started } = open();
    const { resolve } = started(idOf(1), 500);
    vi.advanceTimersByTime(500);
    resolve('done');
    expect(await session.sent('result')).toMatchObject({ outcome: 'failed', error: { code: 'deadline_exceeded' } });
  });

  test('gets only its signal aborted by a deadline or a cancel after its outcome is decided', async () => {
    const { session, jobs, start } = open();
    const contexts: JobContext[] = [];
    const ends = [idOf(1), idOf(2)].map((id) => {
      const end = Promise.withResolvers<unknown>();
      const work = (job: JobContext) => {
        contexts.push(job);
        job.decided();
        return end.promise;
      };
      start(id, work, { timeoutMs: 500 });
      return end;
    });
    await session.sent('accepted', 2);
    while (contexts.length < 2) await new Promise(setImmediate);
    jobs.cancel(idOf(1));
    vi.advanceTimersByTime(500);
    expect(contexts.map(({ signal }) => signal.reason.code)).toStrictEqual(['cancelled', 'deadline_exceeded']);
    ends[0]?.resolve('done');
    ends[1]?.reject(new JobFailure('exit code 3', 3));
    await session.sent('result', 2);
    const error = { code: 'command_failed', message: 'exit code 3' };
    expect(session.of('result')).toMatchObject([
      { id: idOf(1), outcome: 'completed', result: 'done' },
      { id: idOf(2), outcome: 'failed', result: 3, error },
    ]);
  });

  test('completes if its work ended in time, even if this is noticed after the deadline; a cancel counts', async () => {
    const { session, jobs, start } = open();
    const found = Promise.withResolvers<void>();
    const work = async (job: JobContext) => {
      await found.promise;
      job.decided({ beforeDeadline: true });
      if (job.id === idOf(2)) throw new Error('stopped');
    };
    start(idOf(1), work, { timeoutMs: 500 });
    start(idOf(2), work);
    jobs.cancel(idOf(2));
    vi.advanceTimersByTime(500);
    found.resolve();
    await session.sent('result', 2);
    expect(session.of('result').map(({ id, outcome }) => [id, outcome])).toStrictEqual([
      [idOf(1), 'completed'],
      [idOf(2), 'cancelled'],
    ]);
  });

  test.each([
    ['cancelled', 'cancelled', 'cancelled'],
    ['deadline_exceeded', 'failed', 'deadline_exceeded'],
    ['not_allowed', 'failed', 'command_failed'],
  ] as const)('a failure whose cause is %s is %s', async (code, outcome, told) => {
    const { session, start } = open();
    start(idOf(1), () => {
      throw new JobFailure('ended by SIGKILL', 9, {
        cause: new SignalboxError(code, 'an earlier process was told so'),
      });
    });
    expect(await session.sent('result')).toMatchObject({ outcome, result: 9, error: { code: told } });
  });

  test('by a cancel before its deadline is not affected by the deadline', async () => {
    const { session, jobs, started } = open();
    const { reject } = started(idOf(1), 500);
    jobs.cancel(idOf(1));
    vi.advanceTimersByTime(500);
    reject(new Error('stopped'));
    expect(await session.sent('result')).toMatchObject({ outcome: 'cancelled', error: { code: 'cancelled' } });
  });

  test('together with all others ends once', async () => {
    const { session, jobs, start } = open();
    for (const counter of [1, 2, 3]) start(idOf(counter), obedient);
    jobs.running.endAll(new SignalboxError('cancelled', 'the client was closed'));
    await session.sent('result', 3);
    expect(session.of('result').map(({ id, outcome }) => [id, outcome])).toStrictEqual(
      [1, 2, 3].map((counter) => [idOf(counter), 'cancelled']),
    );
  });

  test('is cancelled and abandoned if its work does not end, and later results are ignored', async () => {
    const { session, jobs, started, running } = open();
    const { resolve } = started(idOf(1));
    vi.advanceTimersByTime(5_000);
    jobs.running.abandonAll(new SignalboxError('cancelled', 'the client was closed'));
    expect(session.of('result')).toMatchObject([{ outcome: 'cancelled', durationMs: 5_000 }]);
    resolve('late');
    await running(0);
    expect(session.of('result')).toHaveLength(1);
  });
});

describe('at the limit of running jobs', () => {
  test('the next command is busy and does not run, until a job has ended', async () => {
    const { session, started, start, running } = open();
    const jobs = Array.from({ length: limits.maxJobs }, (_, index) => started(idOf(index + 1)));
    const next = vi.fn<Work>();
    expect(() => start(idOf(5_001), next)).toThrow(refusal('busy'));
    await session.sent('accepted', limits.maxJobs);
    jobs[0]?.resolve(1);
    await running(limits.maxJobs - 1);
    expect(next).not.toHaveBeenCalled();
    start(idOf(5_002), next);
    for (const { resolve } of jobs) resolve(1);
    await running(0);
    expect(session.of('result')).toHaveLength(limits.maxJobs + 1);
    expect(next).toHaveBeenCalledTimes(1);
  });
});
