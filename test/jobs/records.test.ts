import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, limits } from '../../schemas/index.ts';
import { bootA } from '../support/hello.ts';
import { completed, idOf, openJobTable, otherBoot } from './open-job-table.ts';

const work = defineCommand({
  name: 'work',
  summary: 'Work.',
  args: z.strictObject({}),
  result: z.int(),
  records: z.strictObject({ ms: z.int(), note: z.string().default('-') }),
  example: 'work',
});

/** A job that runs and emits records. */
function emitting() {
  const open = openJobTable();
  open.connect();
  const job = open.submit();
  open.accept(job);
  open.told.length = 0;
  const emit = (offset: number, ...values: unknown[]) =>
    open.jobTable.records('w1', { type: 'records', id: job.id, offset, values }, work);
  /** The reported offsets, and the number of missing records. */
  const news = () =>
    open.told
      .splice(0)
      .map(({ news: one }) => one.type === 'records' && [one.records.map(({ offset }) => offset), one.lost]);
  return { ...open, job, emit, news };
}

const some = (count: number) => Array.from({ length: count }, (_, ms) => ({ ms }));

describe('the records of a job', () => {
  test('are reported once, as the contract parses them, and kept', () => {
    const { job, emit, told } = emitting();
    emit(0, { ms: 1 }, { ms: 2, note: 'slow' });
    const records = [
      { offset: 0, value: { ms: 1, note: '-' } },
      { offset: 1, value: { ms: 2, note: 'slow' } },
    ];
    expect(told.map(({ news }) => news)).toStrictEqual([{ type: 'records', records, lost: 0, end: 2 }]);
    expect([job.records(), job.lostRecords]).toStrictEqual([records, 0]);
  });

  test('are kept up to a limit, the newest ones, and many small ones cost only a few operations each', {
    timeout: 10_000,
  }, () => {
    const { job, emit, jobTable, told } = emitting();
    const [batch, many] = [1_000, 300_000];
    for (let offset = 0; offset < many; offset += batch) {
      emit(offset, ...some(batch));
      const [news] = told.splice(0);
      if (news) jobTable.taken(news.job, news.news);
    }
    const kept = job.records();
    expect([kept.at(0)?.offset, kept.at(-1)?.offset]).toStrictEqual([many - kept.length, many - 1]);
    expect(job.keptBytes).toBeLessThanOrEqual(limits.maxRecordsKeptBytes);
  });

  test.each([
    ['the next ones', 3, 2, [[[3, 4], 0]]],
    ['some that have arrived before', 1, 3, [[[3], 0]]],
    ['none that is new', 0, 3, []],
    ['some after a gap', 5, 1, [[[5], 2]]],
  ])('%s: what is new is told, and a gap is counted', (_what, offset, count, told) => {
    const { job, emit, news } = emitting();
    emit(0, ...some(3));
    news();
    emit(offset, ...some(count));
    expect(news()).toStrictEqual(told);
    expect(job.lostRecords).toBe(offset === 5 ? 2 : 0);
  });

  test('that do not fit the contract are dropped and counted, and the others keep their places', () => {
    const { job, emit, news } = emitting();
    emit(0, { ms: 'soon' }, { ms: 1 }, null, { ms: 2, more: true }, { ms: 3 });
    expect([news(), job.lostRecords]).toStrictEqual([[[[1, 4], 3]], 3]);
  });

  test('of a command that declares none are dropped; those of an unknown command are kept unchanged', () => {
    const { jobTable, job } = emitting();
    const { records: _, ...plain } = work;
    jobTable.records('w1', { type: 'records', id: job.id, offset: 0, values: [1] }, defineCommand(plain));
    jobTable.records('w1', { type: 'records', id: job.id, offset: 1, values: [2] });
    expect([job.records(), job.lostRecords]).toStrictEqual([[{ offset: 1, value: 2 }], 1]);
  });

  test('are kept up to a limit in bytes, the newest ones', () => {
    const { job, emit } = emitting();
    const note = 'x'.repeat(100_000);
    for (let offset = 0; offset < 30; offset += 1) emit(offset, { ms: offset, note });
    const kept = job.records();
    expect(kept.at(-1)?.offset).toBe(29);
    expect(kept).toHaveLength(Math.floor(limits.maxRecordsKeptBytes / 100_100));
    expect(job.keptBytes).toBeLessThanOrEqual(limits.maxRecordsKeptBytes);
    emit(30, { ms: 1, note: 'x'.repeat(limits.maxRecordsKeptBytes) });
    expect(job.keptBytes).toBeLessThanOrEqual(limits.maxRecordsKeptBytes);
  });

  test('remain readable after it has ended', () => {
    const { jobTable, job, emit, answer } = emitting();
    emit(0, { ms: 1 });
    answer(job, completed());
    expect(jobTable.find(job.id, 'w1')?.records()).toHaveLength(1);
  });

  test('of an ended job, or of a job of another client, change nothing', () => {
    const { jobTable, job, emit, answer, news } = emitting();
    jobTable.records('w2', { type: 'records', id: job.id, offset: 0, values: some(1) }, work);
    answer(job, completed());
    news();
    emit(0, { ms: 1 });
    expect([news(), job.records()]).toStrictEqual([[], []]);
  });
});

describe('records are acknowledged', () => {
  test('when they have been stored, and duplicates at once', () => {
    const { emit, told, world, taken, job } = emitting();
    world.writesAtOnce = false;
    emit(0, ...some(2));
    expect(taken).toStrictEqual([]);
    told[0]?.written();
    expect(taken).toStrictEqual([`${job.id} 2`]);
    emit(0, ...some(1));
    expect(taken).toStrictEqual([`${job.id} 2`, `${job.id} 1`]);
  });

  test('if the job is unknown', () => {
    const { jobTable, taken } = emitting();
    jobTable.records('w1', { type: 'records', id: idOf(99), offset: 4, values: some(1) }, work);
    jobTable.sessionBegan('w1', bootA);
    jobTable.records('w1', { type: 'records', id: idOf(1, otherBoot), offset: 0, values: some(1) }, work);
    expect(taken).toStrictEqual([`${idOf(99)} 5`, `${idOf(1, otherBoot)} 1`]);
  });
});
