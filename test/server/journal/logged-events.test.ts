import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { monotonicMs } from '../../../src/clock.ts';
import type { Event } from '../../../src/jobs/events.ts';
import type { JobStore } from '../../../src/store/job-store.ts';
import { completed } from '../../jobs/open-job-table.ts';
import { openJournal } from './open-journal.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const retryMs = 5_000;

const inWords = (event: Event): string => {
  const of = 'id' in event ? event.id.split('.')[1] : 'client' in event ? event.client : '';
  return `${'seq' in event ? event.seq : '-'} ${event.type} ${of}`;
};

async function logOf(store: JobStore): Promise<string[]> {
  return (await store.events(1, 1_000)).events.map(inWords);
}

test('reported events are in the log, with their numbers, in the order of the commits', async () => {
  const { submit, say, jobTable, store, turn, told } = await openJournal();
  const { job } = submit();
  say('w2');
  expect(told).toEqual([]);
  await turn();
  jobTable.accepted('w1', job.id, 0);
  await turn();
  jobTable.answered('w1', job.id, completed(), 0);
  say('w3');
  await turn();
  const words = ['1 job.submitted 1', '2 client.expected w2', '3 job.accepted 1', '4 job.settled 1'];
  expect(told.map(inWords)).toEqual([...words, '5 client.expected w3']);
  expect(await logOf(store)).toEqual(told.map(inWords));
});

test('output of a job waits for the event that the job was accepted', async () => {
  const gate = Promise.withResolvers<void>();
  const { submit, jobTable, store, turn, takeSeen } = await openJournal();
  const { job } = submit();
  await turn();
  takeSeen();
  store.fateOf = () => gate.promise;
  jobTable.accepted('w1', job.id, 0);
  jobTable.output('w1', { type: 'output', id: job.id, stream: 'stdout', offset: 0, data: Buffer.from('x') });
  await turn();
  expect(takeSeen()).toEqual([]);
  gate.resolve();
  await turn();
  expect(takeSeen()).toEqual(['accepted 1', 'output 1', 'output-ack 1']);
});

test('nothing of a withdrawn submission is logged, and others get its numbers', async () => {
  const { submit, say, store, turn, told } = await openJournal();
  store.fateOf = () => 'refused';
  const { stored } = submit();
  await turn();
  expect(await stored).toBe('unavailable');
  store.fateOf = () => 'done';
  await vi.advanceTimersByTimeAsync(retryMs);
  say('w2');
  await turn();
  expect(told.map(inWords)).toEqual(['1 client.expected w2']);
  expect(await logOf(store)).toEqual(['1 client.expected w2']);
});

test.each(['refused', 'vanished'] as const)(
  'while a store fails (%s), events that wait for no job change are reported once, without a number, and logged later',
  async (fate) => {
    const { submit, say, jobTable, store, turn, told, takeSeen } = await openJournal();
    const [running, ending] = [submit().job, submit().job];
    await turn();
    const before = told.length;
    store.fateOf = () => fate;
    jobTable.accepted('w1', running.id, 0);
    say('w2');
    await turn();
    say('w3');
    jobTable.answered('w1', ending.id, completed(), 0);
    jobTable.output('w1', { type: 'output', id: running.id, stream: 'stdout', offset: 0, data: Buffer.from('x') });
    await turn();
    const unlogged = ['- job.accepted 1', '- client.expected w2', '- client.expected w3', '- job.accepted 2'];
    expect(told.slice(before).map(inWords)).toEqual(unlogged);
    expect(takeSeen()).toContain('output 1');
    store.fateOf = () => 'done';
    await vi.advanceTimersByTimeAsync(3 * retryMs);
    await turn();
    expect(told.slice(before).map(inWords)).toEqual([...unlogged, '7 job.settled 2']);
    const logged = ['3 job.accepted 1', '4 client.expected w2', '5 client.expected w3', '6 job.accepted 2'];
    expect((await logOf(store)).slice(2)).toEqual([...logged, '7 job.settled 2']);
  },
);

test('a store that does not answer delays events that wait only for the log for at most 5 s', async () => {
  const gate = Promise.withResolvers<void>();
  const { say, journal, store, turn, told } = await openJournal();
  store.fateOf = () => gate.promise;
  say('w2');
  await turn();
  journal.tick(monotonicMs());
  expect(told).toEqual([]);
  journal.tick(monotonicMs() + 6_000);
  expect(told.map(inWords)).toEqual(['- client.expected w2']);
  gate.resolve();
  await turn();
  expect([told.length, await logOf(store)]).toEqual([1, ['1 client.expected w2']]);
});

test('of a store that is unavailable for long the newest events are logged', async () => {
  const { say, store, turn, told } = await openJournal();
  store.fateOf = () => 'refused';
  say('w');
  await turn();
  for (let at = 0; at < 25_000; at += 1) say(`w${at}`);
  expect(told).toHaveLength(25_001);
  store.fateOf = () => 'done';
  await vi.advanceTimersByTimeAsync(3 * retryMs);
  await turn();
  const { oldest, next, events } = await store.events(1, 1_000);
  expect([oldest, next - 1 >= 10_000, next - 1 <= 20_000]).toEqual([1, true, true]);
  expect(inWords(events[0] as Event)).toBe(`1 client.expected w${25_000 - (next - 1)}`);
});
