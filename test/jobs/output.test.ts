import { describe, expect, test } from 'vitest';
import type { Offsets, Stream } from '../../schemas/index.ts';
import { bootA } from '../support/hello.ts';
import { completed, idOf, openJobTable, otherBoot } from './open-job-table.ts';

const id = idOf(4, otherBoot);

function open() {
  const tableAndMore = openJobTable();
  const { jobTable, told, connect, submit, accept } = tableAndMore;
  const output = (of: string, stream: Stream, offset: number, text: string) =>
    jobTable.output('w1', { type: 'output', id: of, stream, offset, data: Buffer.from(text) });
  const end = (of: string, offsets?: Offsets, outputError?: string) =>
    jobTable.answered('w1', of, completed(), 0, { offsets, outputError });
  /** The reported output, and how the job ended. */
  const news = () =>
    told.flatMap(({ news: one }): unknown[][] => {
      if (one.type === 'output') {
        const { stream, offset, data, lostBytes, takenBytes } = one;
        return [[stream, offset, Buffer.from(data).toString(), lostBytes, takenBytes]];
      }
      if (one.type !== 'settled' && one.type !== 'late') return [];
      const { lostOutput, outputError } = one.settlement;
      return [[one.type, lostOutput, outputError]];
    });
  const running = () => {
    connect();
    const job = submit();
    accept(job);
    return job;
  };
  const adopt = (taken?: Offsets) => {
    jobTable.sessionBegan('w1', bootA);
    tableAndMore.list(id, { offsets: {}, ...(taken && { taken }) });
    jobTable.listingEnded('w1', 0);
  };
  return { ...tableAndMore, output, end, news, running, adopt };
}

describe('missing output', () => {
  test('is counted at the end of a stream, with the cause, and reported before the outcome', () => {
    const { output, end, news, running } = open();
    const { id: own } = running();
    output(own, 'stdout', 0, 'begin');
    end(own, { stdout: 100, stderr: 7 }, 'ENOSPC');
    expect(news()).toStrictEqual([
      ['stdout', 0, 'begin', 0, 0],
      ['stdout', 100, '', 95, 0],
      ['stderr', 7, '', 7, 0],
      ['settled', { stdout: 95, stderr: 7 }, 'ENOSPC'],
    ]);
  });

  test('is summed over all gaps of a stream', () => {
    const { output, end, news, running } = open();
    const { id: own } = running();
    output(own, 'stdout', 10, 'a');
    output(own, 'stdout', 20, 'b');
    end(own, { stdout: 21 });
    expect(news()).toStrictEqual([
      ['stdout', 10, 'a', 10, 0],
      ['stdout', 20, 'b', 9, 0],
      ['settled', { stdout: 19 }, undefined],
    ]);
  });

  test('is zero if all of it arrived, even if some could not be kept', () => {
    const { output, end, news, running } = open();
    const { id: own } = running();
    output(own, 'stdout', 0, 'all');
    end(own, { stdout: 3 }, 'ENOSPC');
    expect(news().at(-1)).toStrictEqual(['settled', undefined, undefined]);
  });

  test('is in the view of the job', () => {
    const { end, running } = open();
    const job = running();
    end(job.id, { stderr: 5 });
    expect(job.lostOutput).toStrictEqual({ stderr: 5 });
    expect(job.outputRuns()).toStrictEqual([{ stream: 'stderr', offset: 5, data: Buffer.alloc(0) }]);
  });

  test('is reported with the late outcome if the job was given up as lost', () => {
    const { jobTable, output, end, news, running } = open();
    const { id: own } = running();
    output(own, 'stdout', 0, 'seen');
    jobTable.clientGone('w1', 'it is away');
    output(own, 'stdout', 4, 'not told');
    end(own, { stdout: 12 });
    expect(news().at(-1)).toStrictEqual(['late', { stdout: 8 }, undefined]);
  });
});

describe('output that is read after the job has ended', () => {
  const acksAfter = (how: 'ended' | 'lost') => {
    const { jobTable, told, world, takeSent, output, end, running } = open();
    world.writesAtOnce = false;
    const { id: own } = running();
    output(own, 'stdout', 0, 'all of it');
    if (how === 'lost') jobTable.clientGone('w1', 'it is away');
    else end(own, { stdout: 9 });
    takeSent();
    for (const { written } of told) written();
    return takeSent();
  };

  test('is acknowledged with the job, without a separate message', () => {
    expect(acksAfter('ended')).toEqual([`ack ${idOf(1)}`]);
  });

  test('is acknowledged separately if the job was lost: it may still run, and wait for credit', () => {
    expect(acksAfter('lost')).toContainEqual(`output-ack ${idOf(1)} 9`);
  });
});

describe('output that an earlier server has received', () => {
  test('is not lost: its end is reported, in the middle and at the end', () => {
    const { output, end, news, adopt } = open();
    adopt({ stdout: 50, stderr: 9 });
    output(id, 'stdout', 60, 'rest');
    end(id, { stdout: 64, stderr: 9 });
    expect(news()).toStrictEqual([
      ['stdout', 60, 'rest', 10, 50],
      ['stderr', 9, '', 0, 9],
      ['settled', { stdout: 10 }, undefined],
    ]);
  });

  test('is reported at the end next to the same number of lost bytes', () => {
    const { end, news, adopt } = open();
    adopt({ stdout: 5 });
    end(id, { stdout: 10 });
    expect(news()).toStrictEqual([
      ['stdout', 10, '', 5, 5],
      ['settled', { stdout: 5 }, undefined],
    ]);
  });

  test('and that the client still has is reported as it arrives', () => {
    const { output, end, news, adopt } = open();
    adopt({ stdout: 5 });
    output(id, 'stdout', 0, 'again');
    end(id, { stdout: 5 });
    expect(news()).toStrictEqual([
      ['stdout', 0, 'again', 0, 0],
      ['settled', undefined, undefined],
    ]);
  });

  test('is not lost for the server that has the job back either', () => {
    const { jobTable, output, end, news, running } = open();
    const { id: own } = running();
    output(own, 'stdout', 0, 'mine');
    jobTable.sessionEnded('w1', 0);
    jobTable.sessionBegan('w1', bootA);
    jobTable.listed('w1', {
      type: 'job',
      id: own,
      command: 'work',
      state: 'running',
      offsets: {},
      taken: { stdout: 30 },
    });
    jobTable.listingEnded('w1', 0);
    output(own, 'stdout', 30, 'on');
    end(own, { stdout: 32 });
    expect(news().slice(1)).toStrictEqual([
      ['stdout', 30, 'on', 0, 26],
      ['settled', undefined, undefined],
    ]);
  });
});

test('a job whose output waits to be read reports so until it continues, ends, or its client reconnects', () => {
  const { jobTable, running, list } = open();
  const job = running();
  const say = (full: boolean) => jobTable.outputFull('w1', { type: 'output-full', id: job.id, full });
  say(true);
  expect(job.outputFull).toBe(true);
  say(false);
  expect(job.outputFull).toBe(false);
  say(true);
  jobTable.sessionBegan('w1', bootA);
  list(job.id);
  expect(job.outputFull).toBe(false);
});

test('output kept for logs is in the order of both streams, and a gap remains a gap', () => {
  const { output, running } = open();
  const job = running();
  output(job.id, 'stdout', 0, 'a');
  output(job.id, 'stdout', 1, 'b');
  output(job.id, 'stderr', 0, 'c');
  output(job.id, 'stdout', 9, 'd');
  output(job.id, 'stdout', 20, 'e');
  expect(job.outputRuns().map(({ stream, offset, data }) => [stream, offset, String(data)])).toStrictEqual([
    ['stdout', 0, 'ab'],
    ['stderr', 0, 'c'],
    ['stdout', 9, 'd'],
    ['stdout', 20, 'e'],
  ]);
});
