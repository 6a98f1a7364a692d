import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { Epoch } from '../../src/client/epoch.ts';
import { Job } from '../../src/client/job.ts';
import { Recorder } from './recorder.ts';

const credit = limits.recordsCredit;

function open(recordsFrom = 0) {
  const job = new Job(new Epoch('aaaaaaaa'), 1, 'work');
  const session = new Recorder();
  job.attach(session.send, 1, {}, recordsFrom);
  const emit = (from: number, to: number, bytes = 3) => {
    for (let value = from; value < to; value += 1) job.record(value, bytes);
  };
  return { job, session, emit };
}

/** The received records, and the offset of each message. */
const received = (session: Recorder) => session.of('records').flatMap(({ values }) => values);
const offsets = (session: Recorder) => session.of('records').map(({ offset }) => offset);
const counts = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('records', () => {
  test('are sent at once, each with its offset, followed by the outcome with their number', () => {
    const { job, session, emit } = open();
    emit(0, 2);
    job.settle({ outcome: 'completed', durationMs: 0 });
    expect(session.messages).toStrictEqual([
      { type: 'records', id: 'aaaaaaaa.1', offset: 0, values: [0] },
      { type: 'records', id: 'aaaaaaaa.1', offset: 1, values: [1] },
      { type: 'result', id: 'aaaaaaaa.1', outcome: 'completed', durationMs: 0, records: 2 },
    ]);
  });

  test('are kept up to a limit, and many small ones cost only a few operations each', { timeout: 10_000 }, () => {
    const { job, session, emit } = open();
    const many = 300_000;
    for (let from = 0; from < many; from += credit) {
      emit(from, from + credit);
      job.recordsAcked(from + credit);
    }
    const next = new Recorder();
    job.attach(next.send, 1, {}, 0);
    expect([session.of('records').at(-1)?.offset, job.records]).toStrictEqual([many - 1, many]);
    expect(next.of('records').at(0)?.offset).toBe(many - Math.floor(limits.maxRecordsKeptBytes / (16 + 3)));
  });

  test('wait when the credit is used up, continue when some are acknowledged, and hold back the outcome', () => {
    const { job, session, emit } = open();
    emit(0, credit + 10);
    job.settle({ outcome: 'completed', durationMs: 0 });
    expect(received(session)).toStrictEqual(counts(0, credit));
    job.recordsAcked(4);
    expect(received(session)).toHaveLength(credit + 4);
    expect(session.of('result')).toHaveLength(0);
    job.recordsAcked(10);
    expect(received(session)).toStrictEqual(counts(0, credit + 10));
    expect(session.types().at(-1)).toBe('result');
  });

  test('get no more credit from an ack beyond what was sent', () => {
    const { job, session, emit } = open();
    emit(0, 3 * credit);
    job.recordsAcked(10 * credit);
    expect(received(session)).toHaveLength(2 * credit);
    expect(job.recordsTaken).toBe(credit);
  });

  test('are resent from the offset that a new session requests, in few messages', () => {
    const { job, emit } = open();
    emit(0, 10);
    job.detach();
    emit(10, 20);
    const next = new Recorder();
    job.attach(next.send, 'aaaaaaaa.1', {}, 5);
    expect(next.messages).toStrictEqual([{ type: 'records', id: 'aaaaaaaa.1', offset: 5, values: counts(5, 20) }]);
  });

  test('that a server already has are not sent when a job is restarted', () => {
    const { session, emit } = open(2);
    emit(0, 4);
    expect([received(session), offsets(session)]).toStrictEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  test('over the limit replace the oldest; a gap shows in the offset and uses no credit', () => {
    const { job, emit } = open();
    job.detach();
    const bytes = limits.maxRecordsKeptBytes / 64;
    emit(0, 100, bytes);
    const next = new Recorder();
    job.attach(next.send, 1, {}, 0);
    const [first = 0] = offsets(next);
    expect(first).toBeGreaterThan(35);
    expect(received(next)).toStrictEqual(counts(first, 100));
    expect(job.records).toBe(100);
  });

  test('are ignored after the outcome', () => {
    const { job, session, emit } = open();
    job.settle({ outcome: 'completed', durationMs: 0 });
    emit(0, 1);
    expect([session.types(), job.records]).toStrictEqual([['result'], 0]);
  });
});
