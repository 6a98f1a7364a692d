import { describe, expect, test } from 'vitest';
import { limits, type Stream } from '../../schemas/index.ts';
import { bootA } from '../support/hello.ts';
import { refusal, verdict } from '../support/refusal.ts';
import { completed, openJobTable } from './open-job-table.ts';

const chunk = Buffer.alloc(limits.maxOutputChunkBytes);
const chunks = limits.outputCreditBytes / chunk.length;

/** One running job, in a job table whose events are stored when the test says so. */
function running() {
  const open = openJobTable();
  const { jobTable, connect, submit, accept, told, world } = open;
  world.writesAtOnce = false;
  connect();
  const job = submit();
  accept(job);
  told.length = 0;
  const send = (offset: number, data: Uint8Array = chunk, stream: Stream = 'stdout') =>
    verdict(() => jobTable.output('w1', { type: 'output', id: job.id, stream, offset, data }));
  /** Sends as many chunks as the credit allows, starting at `offset`. */
  const useUp = (offset = 0) => {
    const verdicts = Array.from({ length: chunks }, (_, place) => send(offset + place * chunk.length));
    expect(new Set(verdicts)).toStrictEqual(new Set(['accepted']));
    return offset + chunks * chunk.length;
  };
  return { ...open, job, send, useUp };
}

describe('output beyond the credit', () => {
  test('is a violation, even by one byte, and is not reported', () => {
    const { useUp, jobTable, job, told } = running();
    const end = useUp();
    const more = { type: 'output', id: job.id, stream: 'stdout', offset: end, data: Buffer.alloc(1) } as const;
    expect(() => jobTable.output('w1', more)).toThrow(refusal('bad_message'));
    expect(told).toHaveLength(chunks);
  });

  test('of one stream does not affect the other', () => {
    const { useUp, send } = running();
    useUp();
    expect(send(0, chunk, 'stderr')).toBe('accepted');
  });

  test('is allowed again by the amount that was acknowledged', () => {
    const { useUp, send, told } = running();
    const end = useUp();
    told[0]?.written();
    expect([send(end), send(end + chunk.length)]).toStrictEqual(['accepted', 'bad_message']);
  });

  test('does not count missing bytes: a gap uses no credit, and an ack beyond it returns the credit before it', () => {
    const { send, told } = running();
    const half = chunks / 2;
    for (let place = 0; place < half; place += 1) send(place * chunk.length);
    const far = 10 * limits.outputCreditBytes;
    for (let place = 0; place < half; place += 1) expect(send(far + place * chunk.length)).toBe('accepted');
    const end = far + half * chunk.length;
    expect(send(end, Buffer.alloc(1))).toBe('bad_message');
    // The first chunk after the gap: everything before it is acknowledged with it.
    told[half]?.written();
    const more = Array.from({ length: half + 2 }, (_, place) => send(end + place * chunk.length));
    expect([more.indexOf('bad_message'), more.at(-1)]).toStrictEqual([half + 1, 'bad_message']);
  });

  test('is counted from the offsets of the fetch in a new session', () => {
    const { jobTable, useUp, job, list } = running();
    const end = useUp();
    jobTable.sessionEnded('w1', 0);
    jobTable.sessionBegan('w1', bootA);
    list(job.id);
    jobTable.listingEnded('w1', 0);
    useUp(end);
  });

  test('that is repeated uses credit once: the second time it is acknowledged at once', () => {
    const { send, useUp } = running();
    for (let times = 0; times < 3 * chunks; times += 1) expect(send(0)).toBe('accepted');
    useUp(chunk.length);
  });

  test('of an ended job is acknowledged at once, however much it is', () => {
    const { answer, job, send, takeSent } = running();
    answer(job, completed());
    for (let place = 0; place < 3 * chunks; place += 1) expect(send(place * chunk.length)).toBe('accepted');
    expect(takeSent().at(-1)).toBe(`output-ack ${job.id} ${3 * limits.outputCreditBytes}`);
  });
});
