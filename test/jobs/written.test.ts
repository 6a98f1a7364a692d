import { describe, expect, test } from 'vitest';
import { bootA } from '../support/hello.ts';
import { completed, cutOff, idOf, openJobTable, otherBoot, rejected } from './open-job-table.ts';

/** One running job, in a job table whose events are stored when the test says so. */
function slowWriter() {
  const open = openJobTable();
  open.world.writesAtOnce = false;
  open.connect();
  const job = open.submit();
  open.accept(job);
  open.takeSent();
  open.told.length = 0;
  return { ...open, job };
}

describe('an outcome', () => {
  test.each([completed(), rejected])('is acknowledged when it has been stored, and not before', (settlement) => {
    const { job, answer, told, takeSent } = slowWriter();
    answer(job, settlement);
    expect([job.state, job.written, takeSent()]).toStrictEqual(['settled', false, []]);
    told.at(-1)?.written();
    expect([job.written, takeSent()]).toStrictEqual([true, ['ack aaaaaaaa.1']]);
  });

  test('that is listed again before it was stored is neither acknowledged nor fetched', () => {
    const { jobTable, job, answer, list, told, takeSent, takeNews } = slowWriter();
    answer(job, completed());
    const [news] = told;
    takeNews();
    jobTable.sessionEnded('w1', 0);
    jobTable.sessionBegan('w1', bootA);
    list(job.id, { state: 'settled', outcome: 'completed' });
    jobTable.listingEnded('w1', 0);
    expect(takeSent()).toStrictEqual([]);
    news?.written();
    expect(takeSent()).toStrictEqual(['ack aaaaaaaa.1']);
    expect(takeNews()).toStrictEqual([]);
  });

  test('that is never stored is never acknowledged', () => {
    const { jobTable, job, answer, list, takeSent } = slowWriter();
    answer(job, completed());
    for (const state of ['settled', 'settled'] as const) {
      jobTable.sessionBegan('w1', bootA);
      list(job.id, { state, outcome: 'completed' });
      jobTable.listingEnded('w1', 0);
    }
    expect(takeSent()).toStrictEqual([]);
  });

  test('of an adopted job is acknowledged, too', () => {
    const { jobTable, list, answer, told, takeSent } = openJobTable();
    const id = idOf(1, otherBoot);
    jobTable.sessionBegan('w1', bootA);
    list(id);
    jobTable.listingEnded('w1', 0);
    answer({ id }, completed());
    expect(told).toHaveLength(2);
    expect(takeSent()).toStrictEqual([`fetch ${id} from 0`, `ack ${id}`]);
  });

  test.each(['waited', 'offline'])(
    'of a command that %s is not acknowledged, because its client never received it',
    (why) => {
      const { jobTable, submit, takeSent, takeNews } = openJobTable();
      if (why === 'waited') jobTable.sessionBegan('w1', bootA);
      jobTable.cancel(submit({ hasEnded: why === 'offline' }));
      expect(takeNews()).toHaveLength(1);
      expect(takeSent()).toStrictEqual([]);
    },
  );

  test('lost is not acknowledged, because the client may still return with the real one', () => {
    const { jobTable, takeSent, takeNews } = cutOff();
    jobTable.tick(100_000);
    expect(takeNews()).toHaveLength(3);
    expect(takeSent()).toStrictEqual([]);
  });
});

describe('a late result', () => {
  test('is acknowledged when it has been stored, and not before, even if it is listed again', () => {
    const { jobTable, accepted, world, list, answer, told, takeSent } = cutOff();
    jobTable.tick(100_000);
    world.writesAtOnce = false;
    jobTable.sessionBegan('w1', bootA);
    list(accepted.id);
    jobTable.listingEnded('w1', 100_000);
    answer(accepted, completed());
    takeSent();
    jobTable.sessionBegan('w1', bootA);
    list(accepted.id, { state: 'settled', outcome: 'completed' });
    expect(takeSent()).toStrictEqual([]);
    told.at(-1)?.written();
    expect(takeSent()).toStrictEqual(['ack aaaaaaaa.2']);
  });
});

test('the lost outcome of a job may be stored after its late result arrives: only the late result is acknowledged', () => {
  const { jobTable, accepted, world, list, answer, told, takeSent } = cutOff();
  world.writesAtOnce = false;
  jobTable.tick(100_000);
  jobTable.sessionBegan('w1', bootA);
  list(accepted.id);
  answer(accepted, completed());
  takeSent();
  const [loss, late] = told.filter(({ job }) => job === accepted);
  loss?.written();
  expect(takeSent()).toStrictEqual([]);
  late?.written();
  expect(takeSent()).toStrictEqual(['ack aaaaaaaa.2']);
});

describe('output', () => {
  test('is acknowledged when it has been stored, up to its end', () => {
    const { job, output, told, takeSent, takeNews } = slowWriter();
    output(job.id, 0, 'one');
    output(job.id, 3, 'two');
    expect(takeSent()).toStrictEqual([]);
    told[0]?.written();
    told[1]?.written();
    expect(takeSent()).toStrictEqual(['output-ack aaaaaaaa.1 3', 'output-ack aaaaaaaa.1 6']);
    expect(takeNews()).toStrictEqual(["output aaaaaaaa.1 0 'one'", "output aaaaaaaa.1 3 'two'"]);
  });

  test.each([
    [0, 'onet', ["output aaaaaaaa.1 3 't'"]],
    [2, 'etwo', ["output aaaaaaaa.1 3 'two'"]],
    [0, 'one', []],
    [1, 'n', []],
    [3, 'two', ["output aaaaaaaa.1 3 'two'"]],
    [8, 'three', ["output aaaaaaaa.1 8 'three' after 5 lost"]],
  ])('from %i again, %s: only what is new is told, and a gap is counted', (offset, text, news) => {
    const { job, output, world, takeNews, takeSent } = slowWriter();
    world.writesAtOnce = true;
    output(job.id, 0, 'one');
    takeNews();
    takeSent();
    output(job.id, offset, text);
    expect(takeNews()).toStrictEqual(news);
    expect(takeSent()).toStrictEqual([`output-ack aaaaaaaa.1 ${offset + text.length}`]);
  });

  test('of a settled or unknown job is acknowledged and not reported', () => {
    const { job, output, answer, takeNews, takeSent } = slowWriter();
    answer(job, completed());
    takeNews();
    output(job.id, 0, 'late');
    output(idOf(99), 10, 'whose?');
    expect([takeNews(), takeSent()]).toStrictEqual([[], ['output-ack aaaaaaaa.1 4', 'output-ack aaaaaaaa.99 16']]);
  });

  test('progress of a job is kept and reported, that of an unknown job is not', () => {
    const { jobTable, job, takeNews } = slowWriter();
    jobTable.progress('w1', { type: 'progress', id: job.id, fraction: 0.5, note: 'half' });
    jobTable.progress('w1', { type: 'progress', id: idOf(99), fraction: 0.5 });
    expect([job.progress, takeNews()]).toStrictEqual([{ fraction: 0.5, note: 'half' }, ['progress aaaaaaaa.1']]);
  });
});
