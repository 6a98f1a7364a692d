import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { Epoch } from '../../src/client/epoch.ts';
import { Job } from '../../src/client/job.ts';
import { Recorder } from './recorder.ts';

const id = 'aaaaaaaa.1';
const credit = limits.outputCreditBytes;
const completed = { outcome: 'completed', durationMs: 0 } as const;

function open(from: { stdout?: number; stderr?: number } | undefined = {}) {
  const job = new Job(new Epoch('aaaaaaaa'), 1, 'work');
  const session = new Recorder();
  if (from) job.attach(session.send, id, from);
  const sentBytes = () => session.of('output').reduce((sum, { data }) => sum + data.length, 0);
  /** Acknowledges everything that was sent, repeatedly, until there is no more output. */
  const ackAll = () => {
    for (let seen = -1; seen !== session.messages.length; ) {
      seen = session.messages.length;
      for (const { stream, offset, data } of session.of('output')) job.outputAcked(stream, offset + data.length);
    }
  };
  return { job, session, sentBytes, ackAll };
}

/** Text in which each position differs from its neighbours. */
function numbered(bytes: number): Buffer {
  const lines = Array.from({ length: Math.ceil(bytes / 10) }, (_, index) => `${String(index).padStart(9, '0')}\n`);
  return Buffer.from(lines.join('').slice(0, bytes));
}

test('an ack beyond the sent output gives credit for the sent output only, wherever the output is kept', async () => {
  const { job, session, sentBytes } = open();
  const all = numbered(4 * credit);
  const read = Promise.withResolvers<void>();
  job.outputFrom({
    async *output({ from, maxBytes }) {
      for (let offset = from.stdout; offset < all.length; offset += maxBytes) {
        if (offset + maxBytes > 2 * credit) read.resolve();
        yield { type: 'data', stream: 'stdout', offset, data: all.subarray(offset, offset + maxBytes) };
      }
    },
    end: (stream) => (stream === 'stdout' ? all.length : 0),
    dispose: () => {},
  });
  await session.sent('output', credit / limits.maxOutputChunkBytes);
  job.outputAcked('stdout', Number.MAX_SAFE_INTEGER);
  await read.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(sentBytes()).toBe(2 * credit);
  job.dispose();
});

test('a source that is named after the job was attached starts at the offset that the session requests', async () => {
  const { job, session } = open({ stdout: 4 });
  job.outputFrom({
    async *output({ from }) {
      yield { type: 'data', stream: 'stdout', offset: from.stdout, data: Buffer.from('more') };
    },
    end: () => 8,
    dispose: () => {},
  });
  expect(await session.sent('output')).toMatchObject({ offset: 4 });
  job.dispose();
});

describe('on credit', () => {
  test('small output is sent at once, with the offset of its first byte, separately for each stream', () => {
    const { job, session } = open();
    job.write('stdout', Buffer.from('one'));
    job.write('stderr', Buffer.from('oops'));
    job.write('stdout', Buffer.from('two'));
    expect(session.of('output').map(({ stream, offset, data }) => [stream, offset, data.toString()])).toStrictEqual([
      ['stdout', 0, 'one'],
      ['stderr', 0, 'oops'],
      ['stdout', 3, 'two'],
    ]);
    expect(job.offsets).toStrictEqual({ stdout: 6, stderr: 4 });
  });

  test('no message exceeds the limit of a chunk, and no more than the credit is sent', () => {
    const { job, session, sentBytes } = open();
    job.write('stdout', numbered(credit + 100));
    expect(sentBytes()).toBe(credit);
    expect(Math.max(...session.of('output').map(({ data }) => data.length))).toBe(limits.maxOutputChunkBytes);
  });

  test('an ack gives as much credit as it acknowledges', () => {
    const { job, sentBytes } = open();
    job.write('stdout', numbered(credit + 5_000));
    job.outputAcked('stdout', 1_000);
    expect(sentBytes()).toBe(credit + 1_000);
    job.outputAcked('stdout', 1_000);
    job.outputAcked('stdout', 500);
    expect(sentBytes()).toBe(credit + 1_000);
  });

  test('an ack of output that was never sent gives no credit', () => {
    const { job, sentBytes } = open();
    job.write('stdout', numbered(credit + 5_000));
    job.outputAcked('stdout', 10 * credit);
    expect(sentBytes()).toBe(credit + 5_000);
    job.write('stdout', numbered(2 * credit));
    expect(sentBytes()).toBe(2 * credit);
  });

  test('output that alternates between the streams is sent in order, also to a slow server and to the next one', () => {
    const { job, session, ackAll } = open();
    job.write('stdout', numbered(credit + 1));
    job.write('stderr', Buffer.from('oops'));
    job.write('stdout', Buffer.from('on'));
    expect(session.text('stderr')).toBe('');
    ackAll();
    const next = new Recorder();
    job.attach(next.send, id, { stdout: credit });
    for (const { messages } of [session, next]) {
      expect(messages.slice(-3)).toMatchObject([
        { stream: 'stdout', offset: credit, data: { length: 1 } },
        { stream: 'stderr', offset: 0, data: Buffer.from('oops') },
        { stream: 'stdout', offset: credit + 1, data: Buffer.from('on') },
      ]);
    }
  });

  test('a session resumes each stream at the offset of its server', () => {
    const { job } = open();
    job.write('stdout', Buffer.from('one'));
    job.write('stderr', Buffer.from('oops'));
    const next = new Recorder();
    job.attach(next.send, id, { stdout: 2, stderr: 1 });
    expect(next.of('output')).toMatchObject([
      { stream: 'stdout', offset: 2, data: Buffer.from('e') },
      { stream: 'stderr', offset: 1, data: Buffer.from('ops') },
    ]);
  });

  test('the outcome has the end of the output, and a listing has the offset that a server has accepted', () => {
    const { job, session, ackAll } = open();
    job.write('stdout', Buffer.from('one'));
    expect(job.taken).toStrictEqual({});
    ackAll();
    job.write('stdout', Buffer.from('two'));
    expect(job.taken).toStrictEqual({ stdout: 3 });
    job.settle(completed);
    expect(session.of('result')).toMatchObject([{ offsets: { stdout: 6 } }]);
    job.attach(new Recorder().send, id, {});
    expect(job.taken).toStrictEqual({ stdout: 3 });
  });

  test('the outcome is sent after all output of both streams', () => {
    const { job, session, ackAll } = open();
    const text = numbered(3 * credit);
    job.write('stdout', text);
    job.write('stderr', Buffer.from('oops'));
    job.settle(completed);
    expect(session.of('result')).toHaveLength(0);
    job.outputAcked('stderr', 4);
    expect(session.of('result')).toHaveLength(0);
    ackAll();
    expect(session.of('result')).toHaveLength(1);
    expect(session.types().at(-1)).toBe('result');
    expect(session.text()).toBe(text.toString());
  });
});

describe('between sessions', () => {
  test('a detached job keeps output and outcome', () => {
    const { job, session } = open();
    job.write('stdout', Buffer.from('seen '));
    job.detach();
    job.write('stdout', Buffer.from('kept'));
    job.settle(completed);
    expect(session.types()).toStrictEqual(['output']);
    const next = new Recorder();
    job.attach(next.send, id, { stdout: 5 });
    expect(next.types()).toStrictEqual(['output', 'result']);
    expect(next.of('output')[0]).toMatchObject({ offset: 5, stream: 'stdout' });
    expect(next.text()).toBe('kept');
  });

  test('another server gets all output from 0, including acknowledged output', () => {
    const { job, ackAll } = open();
    const text = numbered(credit + 10);
    job.write('stdout', text);
    ackAll();
    job.settle(completed);
    const next = new Recorder();
    job.attach(next.send, id, {});
    job.outputAcked('stdout', credit);
    expect(next.text()).toBe(text.toString());
    expect(next.types().at(-1)).toBe('result');
  });

  test.each([0, 1, 9_999, 10_000])('output resumes from %i without a gap or a repeat', (from) => {
    const { job } = open();
    const text = numbered(10_000);
    job.write('stdout', text);
    const next = new Recorder();
    job.attach(next.send, id, { stdout: from });
    expect(next.text()).toBe(text.subarray(from).toString());
  });

  test('credit starts afresh with a session', () => {
    const { job, sentBytes } = open();
    job.write('stdout', numbered(credit * 2));
    expect(sentBytes()).toBe(credit);
    const next = new Recorder();
    job.attach(next.send, id, { stdout: 100 });
    expect(next.text()).toHaveLength(credit);
    expect(sentBytes()).toBe(credit);
  });
});

describe('beyond the kept output', () => {
  const kept = limits.maxOutputKeptBytes;

  test('dropped output shows as a gap before the oldest remaining byte', () => {
    const { job } = open(undefined);
    const text = numbered(kept + 300_000);
    for (let at = 0; at < text.length; at += 50_000) job.write('stdout', text.subarray(at, at + 50_000));
    expect(job.offsets).toStrictEqual({ stdout: kept + 300_000 });
    const session = new Recorder();
    job.attach(session.send, id, { stdout: 100_000 });
    expect(session.of('output')[0]?.offset).toBe(300_000);
    expect(session.text()).toBe(text.subarray(300_000, 300_000 + credit).toString());
  });

  test('a slow reader gets the gap in the middle, and the outcome still arrives last', () => {
    const { job, session, ackAll } = open();
    const text = numbered(credit + 2 * kept);
    job.write('stdout', text.subarray(0, credit));
    job.write('stdout', text.subarray(credit));
    job.settle(completed);
    ackAll();
    const offsets = session.of('output').map(({ offset }) => offset);
    expect(offsets.filter((offset) => offset >= credit && offset < text.length - kept)).toStrictEqual([]);
    expect(offsets).toContain(text.length - kept);
    expect(session.text()).toBe(text.toString('utf8', 0, credit) + text.toString('utf8', text.length - kept));
    expect(session.types().at(-1)).toBe('result');
  });
});
