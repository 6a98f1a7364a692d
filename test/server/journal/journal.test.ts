import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { monotonicMs } from '../../../src/clock.ts';
import { completed } from '../../jobs/open-job-table.ts';
import { type Fate, storedWords } from '../../support/scripted-store.ts';
import { openJournal } from './open-journal.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const retryMs = 5_000;
const later = () => monotonicMs() + 6_000;

/** The results of the first batches; later ones succeed. */
const fates = (...list: Fate[]) => {
  const left = [...list];
  return () => left.shift() ?? 'done';
};

test('submissions of one turn are one batch, with the client process of each job, and are sent after it', async () => {
  const { submit, store, turn, takeSeen } = await openJournal();
  const [one, two] = [submit(), submit()];
  expect(takeSeen()).toEqual([]);
  await turn();
  expect(store.words).toEqual(['1 submitted submitted']);
  expect(await storedWords(store)).toEqual(['1 w1 bound', '2 w1 bound']);
  expect(takeSeen()).toEqual(['submitted 1', 'command 1', 'submitted 2', 'command 2']);
  expect([await one.stored, await two.stored]).toEqual(['stored', 'stored']);
});

test('an outcome is reported and acknowledged when it is stored; arguments are kept until the last job of their submission ends', async () => {
  const { submit, jobTable, store, turn, takeSeen } = await openJournal();
  const { job } = submit();
  await turn();
  takeSeen();
  jobTable.answered('w1', job.id, completed(), 0);
  expect(takeSeen()).toEqual([]);
  await turn();
  expect(takeSeen()).toEqual(['accepted 1', 'settled 1', 'ack 1']);
  expect(store.given.map(({ changes }) => changes[0])).toMatchObject([
    { type: 'submitted', submission: { number: 1, id: job.id, args: { word: 'x' }, actor: 'me' } },
    { type: 'settled', settlement: { outcome: 'completed' }, isLast: true },
  ]);
});

test('during a commit, the next turns are collected in few batches, in order', async () => {
  const gate = Promise.withResolvers<void>();
  const { submit, store, turn } = await openJournal();
  store.fateOf = () => gate.promise;
  const all = [];
  for (let round = 0; round < 6; round += 1) {
    all.push(submit().stored);
    await turn();
  }
  expect(store.words).toEqual(['1 submitted', '2 submitted']);
  gate.resolve();
  expect(new Set(await Promise.all(all))).toEqual(new Set(['stored']));
  expect(store.words.slice(2)).toEqual(['3 submitted submitted submitted submitted']);
});

test('a job that is rejected at once is stored with its outcome, and reported in order', async () => {
  const { submit, store, turn, takeSeen } = await openJournal();
  const { stored } = submit('nobody');
  await turn();
  expect([await stored, store.words, takeSeen()]).toEqual([
    'stored',
    ['1 submitted settled'],
    ['submitted 1', 'settled 1'],
  ]);
});

test('an unavailable store holds back outcomes and submissions; output and cancels of running jobs pass', async () => {
  const { submit, jobTable, store, turn, takeSeen } = await openJournal();
  const [running, ending] = [submit().job, submit().job];
  await turn();
  for (const job of [running, ending]) jobTable.accepted('w1', job.id, 0);
  await turn();
  takeSeen();
  store.fateOf = () => 'refused';
  jobTable.answered('w1', ending.id, completed(), 0);
  await turn();
  jobTable.output('w1', { type: 'output', id: running.id, stream: 'stdout', offset: 0, data: Buffer.from('x') });
  jobTable.cancel(running);
  await turn();
  expect(takeSeen()).toEqual(['output 1', 'output-ack 1', 'cancel 1']);
  store.fateOf = () => 'done';
  await vi.advanceTimersByTimeAsync(retryMs);
  await turn();
  expect(takeSeen()).toEqual(['settled 2', 'ack 2']);
  expect(await storedWords(store)).toEqual(['1 w1 bound', '2 w1 completed']);
});

test('if a batch is refused, its submissions never existed; its other changes are retried until they are stored', async () => {
  const { submit, jobTable, store, journal, turn, takeSeen } = await openJournal();
  const before = submit().job;
  await turn();
  takeSeen();
  store.fateOf = fates('refused', 'refused');
  const { submission, job, stored } = submit();
  jobTable.answered('w1', before.id, completed(), 0);
  const follower = submit();
  await turn();
  expect([await stored, await follower.stored]).toEqual(['unavailable', 'unavailable']);
  expect([...jobTable.all()]).toEqual([before]);
  expect([jobTable.find(job.id, 'w1'), submission.isForgotten]).toEqual([undefined, true]);
  expect(() => journal.checkWritable(monotonicMs())).toThrow('the store cannot be written to: the disk is full');
  await vi.advanceTimersByTimeAsync(2 * retryMs);
  await turn();
  expect(takeSeen()).toEqual(['accepted 1', 'settled 1', 'ack 1']);
  expect(store.words).toEqual(['1 submitted', '2 submitted settled submitted', '2 settled', '2 settled']);
  expect(() => journal.checkWritable(monotonicMs())).not.toThrow();
  expect(await submit().stored).toBe('stored');
  expect(await storedWords(store)).toEqual(['1 w1 completed', '4 w1 bound']);
});

test('submissions after a refused batch are refused with it; earlier ones are stored', async () => {
  const gate = Promise.withResolvers<void>();
  const { submit, store, turn, takeSeen, jobTable } = await openJournal();
  store.fateOf = fates(gate.promise, 'refused');
  const all = [];
  for (let round = 0; round < 3; round += 1) {
    all.push(submit().stored);
    await turn();
  }
  expect(store.words).toEqual(['1 submitted', '2 submitted']);
  gate.resolve();
  expect(await Promise.all(all)).toEqual(['stored', 'unavailable', 'unavailable']);
  expect([...jobTable.all()].map(({ localId }) => localId)).toEqual([1]);
  expect(takeSeen()).toEqual(['submitted 1', 'command 1']);
  // With nothing left to store, an empty batch detects when the store is available again.
  await vi.advanceTimersByTimeAsync(retryMs);
  expect(await submit().stored).toBe('stored');
  expect(store.words.slice(2)).toEqual(['2', '3 submitted']);
});

test.each<Fate>(['forgotten', 'vanished'])(
  'a batch whose answer is lost (%s) is retried unchanged until its result is known; then everything continues, once',
  async (fate) => {
    const { submit, store, turn, takeSeen } = await openJournal();
    store.fateOf = fates(fate, 'refused', 'vanished');
    const { stored } = submit();
    await turn();
    expect(takeSeen()).toEqual([]);
    await vi.advanceTimersByTimeAsync(3 * retryMs);
    expect(await stored).toBe('stored');
    expect(store.given).toEqual(Array.from({ length: 4 }, () => store.given[0]));
    expect(store.given[0]?.number).toBe(1);
    expect(takeSeen()).toEqual(['submitted 1', 'command 1']);
    expect(await storedWords(store)).toEqual(['1 w1 bound']);
  },
);

test('a caller that times out gets `unknown`, new ones are refused, and the jobs exist when the store has them', async () => {
  const gate = Promise.withResolvers<void>();
  const { submit, store, journal, turn, takeSeen, health } = await openJournal();
  store.fateOf = () => gate.promise;
  const { stored } = submit();
  await turn();
  journal.tick(monotonicMs());
  expect(() => journal.checkWritable(monotonicMs())).not.toThrow();
  const unsent = [submit(), submit()];
  await turn();
  const waiting = submit();
  journal.tick(later());
  expect([await stored, ...(await Promise.all(unsent.map((one) => one.stored)))]).toEqual([
    'unknown',
    'unknown',
    'unknown',
  ]);
  expect(await waiting.stored).toBe('unavailable');
  expect(() => journal.checkWritable(later())).toThrow('has not answered');
  expect(health.at(-1)).toBe('commit unavailable');
  gate.resolve();
  await turn();
  expect(health.at(-1)).toBe('commit works');
  expect(takeSeen()).toEqual([1, 2, 3].flatMap((id) => [`submitted ${id}`, `command ${id}`]));
  expect(await storedWords(store)).toEqual(['1 w1 bound', '2 w1 bound', '3 w1 bound']);
});

test('a replaced server sends and reports nothing more, and refuses with the reason', async () => {
  const { submit, jobTable, store, journal, replaced, turn, takeSeen } = await openJournal();
  const { job } = submit();
  await turn();
  takeSeen();
  store.fateOf = () => 'replaced';
  const { stored } = submit();
  jobTable.answered('w1', job.id, completed(), 0);
  await turn();
  expect([await stored, replaced]).toEqual(['store_in_use', ['store_in_use']]);
  jobTable.cancel(submit().job);
  await turn();
  expect(takeSeen()).toEqual([]);
  expect(() => journal.checkWritable(monotonicMs())).toThrow('another server holds it');
  await journal.flushed(retryMs);
  expect(store.given).toHaveLength(2);
});

test('a command that waited for the store is not sent to another process of its client, or before its client has listed its jobs', async () => {
  const gate = Promise.withResolvers<void>();
  const { submit, jobTable, store, turn, takeSeen } = await openJournal();
  store.fateOf = () => gate.promise;
  const { job } = submit();
  await turn();
  jobTable.sessionEnded('w1', 0);
  jobTable.sessionBegan('w1', 'cccccccccccc');
  gate.resolve();
  await turn();
  expect(takeSeen()).toEqual(['submitted 1']);
  jobTable.listingEnded('w1', 0);
  await turn();
  expect([takeSeen(), job.settlement?.outcome]).toEqual([['settled 1'], 'lost']);
});

test('a flush ends when everything is stored, or at its timeout', async () => {
  const gate = Promise.withResolvers<void>();
  const { submit, store, journal, turn } = await openJournal();
  await journal.flushed(1_000);
  store.fateOf = () => gate.promise;
  submit();
  let isFlushed = false;
  void journal.flushed(1_000).then(() => (isFlushed = true));
  await turn();
  expect(isFlushed).toBe(false);
  gate.resolve();
  await turn();
  expect(isFlushed).toBe(true);
  store.fateOf = () => 'vanished';
  submit();
  const flushed = journal.flushed(1_000);
  await vi.advanceTimersByTimeAsync(1_000);
  await flushed;
  journal.end(Object.assign(new Error('closed'), { code: 'closed' }) as never);
  expect(vi.getTimerCount()).toBe(0);
});

test('nobody sees a job before its submission is stored', async () => {
  const { submit, journal, turn } = await openJournal();
  const { job } = submit();
  expect(journal.hides(job)).toBe(true);
  await turn();
  expect(journal.hides(job)).toBe(false);
});
