import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { limits, SignalboxError } from '../../schemas/index.ts';
import { Epoch } from '../../src/client/epoch.ts';
import { Job } from '../../src/client/job.ts';
import { Recorder } from './recorder.ts';

const id = 'aaaaaaaa.1';

function attached(from = {}) {
  const job = new Job(new Epoch('aaaaaaaa'), 1, 'work');
  const session = new Recorder();
  job.attach(session.send, id, from);
  return { job, session };
}

// The throttle of progress is the only timer.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const completed = { outcome: 'completed', result: 7, durationMs: 3 } as const;

describe('settling', () => {
  test('the first settlement counts and is sent once', () => {
    const { job, session } = attached();
    job.settle(completed);
    job.settle({ outcome: 'failed', error: { code: 'internal', message: 'later' }, durationMs: 9 });
    expect(session.messages).toStrictEqual([{ type: 'result', id, ...completed }]);
    expect(job.settled).toStrictEqual(completed);
  });

  test('a rejection is sent as a rejection', () => {
    const { job, session } = attached();
    const error = { code: 'busy' as const, message: 'full' };
    job.settle({ outcome: 'rejected', error });
    expect(session.messages).toStrictEqual([{ type: 'rejected', id, error }]);
  });

  test('output and progress of a settled job are ignored', () => {
    const { job, session } = attached();
    job.settle(completed);
    job.write('stdout', Buffer.from('late'));
    job.report(0.5, undefined);
    expect(session.types()).toStrictEqual(['result']);
    expect(job.offsets).toStrictEqual({});
  });

  test('a result that cannot be encoded becomes failed with bad_result', () => {
    const job = new Job(new Epoch('aaaaaaaa'), 1, 'work');
    const session = new Recorder();
    const tooLarge = new SignalboxError('message_too_large', 'over');
    job.attach(
      (message) => {
        if (message.type === 'result' && message.outcome === 'completed') throw tooLarge;
        session.send(message);
      },
      id,
      {},
    );
    job.settle(completed);
    const error = { code: 'bad_result', message: 'the result cannot be sent: over' };
    expect(session.messages).toStrictEqual([{ type: 'result', id, outcome: 'failed', error, durationMs: 3 }]);
    expect(job.settled?.outcome).toBe('failed');
  });

  test('a job that was never attached keeps its outcome until it is', () => {
    const job = new Job(new Epoch('aaaaaaaa'), 1, 'work');
    job.settle(completed);
    const session = new Recorder();
    job.attach(session.send, id, {});
    expect(session.types()).toStrictEqual(['result']);
  });
});

describe('ending a job', () => {
  const cancelled = new SignalboxError('cancelled', 'enough');

  test('the signal aborts with the cause, and the first cause counts', () => {
    const { job } = attached();
    job.end(cancelled);
    job.end(new SignalboxError('deadline_exceeded', 'too long'));
    expect(job.signal.aborted).toBe(true);
    expect(job.signal.reason).toBe(cancelled);
    expect(job.endCause).toBe(cancelled);
    expect(job.settled).toBeUndefined();
  });

  test('a settled job gets no signal', () => {
    const { job } = attached();
    job.settle(completed);
    job.end(cancelled);
    expect([job.signal.aborted, job.endCause]).toStrictEqual([false, undefined]);
  });
});

describe('a repeated command', () => {
  test('is answered with accepted while it runs', () => {
    const { job, session } = attached();
    job.repeat(session.send, id);
    expect(session.messages).toStrictEqual([{ type: 'accepted', id }]);
  });

  test('is answered with the same outcome after it has ended', () => {
    const { job, session } = attached();
    job.settle(completed);
    job.repeat(session.send, id);
    expect(session.types()).toStrictEqual(['result', 'accepted', 'result']);
    expect(session.of('result')[1]).toStrictEqual(session.of('result')[0]);
  });

  test('is answered with the same rejection, and never with accepted', () => {
    const { job, session } = attached();
    job.settle({ outcome: 'rejected', error: { code: 'not_ready', message: 'no' } });
    job.repeat(session.send, id);
    expect(session.types()).toStrictEqual(['rejected', 'rejected']);
  });
});

describe('progress', () => {
  test('the first value is sent at once, the newest of the others a tenth of a second later', () => {
    const { job, session } = attached();
    for (const fraction of [0.1, 0.2, 0.3]) job.report(fraction, `at ${fraction}`);
    expect(session.messages).toStrictEqual([{ type: 'progress', id, fraction: 0.1, note: 'at 0.1' }]);
    vi.advanceTimersByTime(99);
    expect(session.messages).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(session.of('progress').map(({ fraction }) => fraction)).toStrictEqual([0.1, 0.3]);
  });

  test('the newest value is sent before the outcome, however soon that follows', () => {
    const { job, session } = attached();
    job.report(0.1, undefined);
    job.report(1, undefined);
    job.settle(completed);
    expect(session.types()).toStrictEqual(['progress', 'progress', 'result']);
    expect(session.of('progress')[1]).toStrictEqual({ type: 'progress', id, fraction: 1 });
  });

  test.each([
    [-1, 0],
    [2, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])('%d is sent as %d', (given, fraction) => {
    const { job, session } = attached();
    job.report(given, undefined);
    job.settle(completed);
    expect(session.of('progress')).toStrictEqual([{ type: 'progress', id, fraction }]);
  });

  test('a value that is not a number is not sent', () => {
    const { job, session } = attached();
    job.report(Number.NaN, undefined);
    expect(session.messages).toHaveLength(0);
  });

  test('values reported without a session are sent when there is one', () => {
    const { job, session } = attached();
    job.detach();
    job.report(0.5, undefined);
    vi.advanceTimersByTime(1_000);
    const next = new Recorder();
    job.attach(next.send, id, {});
    expect([session.types(), next.types()]).toStrictEqual([[], ['progress']]);
  });

  test('a note is truncated at the limit of the protocol', () => {
    const { job, session } = attached();
    job.report(0, 'n'.repeat(limits.maxTextBytes + 1));
    job.settle(completed);
    expect(session.of('progress')[0]?.note).toHaveLength(limits.maxTextBytes);
  });
});
