import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SignalboxError } from '../../../schemas/index.ts';
import { JobTable } from '../../../src/jobs/job-table.ts';
import { Listings } from '../../../src/server/sessions/listings.ts';
import { holderOf, sentTo, submissionOf } from '../../../src/store/contract/samples.ts';
import { ScriptedStore } from '../../support/scripted-store.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const { id } = submissionOf(1);

/** A store with a job without an outcome, which the server of these listings does not know; `w1` lists it. */
async function openListing() {
  const store = new ScriptedStore();
  await store.take(holderOf('epochone0000'));
  await store.commit({ number: 1, changes: [sentTo(['w1'], submissionOf(1))] });
  const bootId = 'epochtwo0000';
  const jobTable = new JobTable({ bootId, lostAfterMs: 1_000, effects: { send: () => {}, tell: () => {} } });
  const said: string[] = [];
  const delivered: string[] = [];
  const listings = new Listings({
    ...{ store, bootId, jobTable },
    deliver: (_peer, { type }) => void delivered.push(type),
    violated: (_peer, error) => void said.push(String(error)),
    health: {
      failed: (operation, { code, message }) => void said.push(`${operation}: ${code}: ${message}`),
      worked: (operation) => void said.push(`${operation} works`),
    },
  });
  const begin = () => {
    const nothing = { stdout: 0, stderr: 0 };
    const job = { type: 'job', id, command: 'run', state: 'running', offsets: nothing, taken: nothing } as const;
    listings.holds('peer', 'w1', job);
    listings.holds('peer', 'w1', { type: 'jobs-end', elsewhere: 0 });
  };
  return { store, listings, begin, said, delivered };
}

test('a client whose jobs cannot be looked up waits; this is reported, and it continues when they can be', async () => {
  const { store, begin, said, delivered } = await openListing();
  const outcome = { outcome: 'completed' } as const;
  const job = { id, client: 'w1' };
  await store.commit({
    number: 2,
    changes: [{ type: 'settled', job, settlement: outcome, atMs: 1, output: [], isLast: true }],
  });
  store.beforeFind = () => Promise.reject(new SignalboxError('unavailable', 'the disk is gone'));
  begin();
  await vi.advanceTimersByTimeAsync(0);
  expect([said, delivered]).toEqual([['find: unavailable: the disk is gone'], []]);
  store.beforeFind = async () => {};
  await vi.advanceTimersByTimeAsync(100);
  expect([said.slice(1), delivered]).toEqual([['find works'], ['job', 'jobs-end']]);
});

test('a job without an outcome that the store withheld from this server is reported, though not at once', async () => {
  const { listings, begin, said, delivered } = await openListing();
  begin();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(said).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  const text = `find: bad_store: the store has an unsettled job ${id} of w1 that it did not load into this server`;
  expect([said, delivered]).toEqual([[text], []]);
  listings.close();
});
