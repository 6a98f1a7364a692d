import { ok } from 'node:assert/strict';
import type { LoggedEvent } from '../../jobs/events.ts';
import type { JobStore } from '../job-store.ts';
import { failsWith, HeldStore, same } from './held-store.ts';
import { holderOf, sentTo, settled, startMs, submissionOf } from './samples.ts';
import { durableRule, rule, type StoreCase } from './store-case.ts';

const eventOf = (seq: number, fields: { readonly atMs?: number; readonly reason?: string } = {}): LoggedEvent => ({
  type: 'client.left',
  client: 'w1',
  reason: 'ended',
  atMs: startMs + seq,
  seq,
  ...fields,
});
const eventsOf = (from: number, to: number): readonly LoggedEvent[] =>
  Array.from({ length: to - from + 1 }, (_, at) => eventOf(from + at));

/** Reads all pages from a number on. */
async function logOf(store: JobStore, from = 1, limit = 1_000): Promise<readonly LoggedEvent[]> {
  const all: LoggedEvent[] = [];
  for (;;) {
    const { events } = await store.events(all.at(-1) ? (all.at(-1)?.seq ?? 0) + 1 : from, limit);
    if (events.length === 0) return all;
    ok(events.length <= limit, 'a page has at most as many events as were asked for');
    all.push(...events);
  }
}

export const logRules: readonly StoreCase[] = [
  rule('the log has the events of all batches, and is read from any number on, in pages', async (place) => {
    await using held = await HeldStore.open(place);
    same([held.taken.nextSeq, await held.store.events(1, 10)], [1, { events: [], oldest: 1, next: 1 }]);
    await held.store.commit({ number: 1, changes: [sentTo(['w1'], submissionOf(1))], events: eventsOf(1, 3) });
    await held.store.commit({ number: 2, changes: [] });
    await held.store.commit({ number: 3, changes: [], events: eventsOf(4, 1_500) });
    await held.store.commit({ number: 4, changes: [], events: eventsOf(1_501, 1_502) });
    same(await logOf(held.store), eventsOf(1, 1_502));
    same(await logOf(held.store, 3, 7), eventsOf(3, 1_502));
    same(await held.store.events(1_502, 10), { events: [eventOf(1_502)], oldest: 1, next: 1_503 });
    same(await held.store.events(1_503, 10), { events: [], oldest: 1, next: 1_503 });
    same((await held.store.take(holderOf('epochtwo0000'))).nextSeq, 1_503);
  }),

  rule('events are logged with their batch, once', async (place) => {
    await using held = await HeldStore.open(place);
    await failsWith('unavailable', held.store.commit({ number: 2, changes: [], events: eventsOf(1, 2) }));
    same(await logOf(held.store), []);
    await held.store.commit({ number: 1, changes: [], events: eventsOf(1, 2) });
    await held.store.commit({ number: 1, changes: [], events: eventsOf(1, 2) });
    same(await logOf(held.store), eventsOf(1, 2));
  }),

  rule('large events come in several pages, and none is missing', async (place) => {
    await using held = await HeldStore.open(place);
    const reason = 'x'.repeat(700_000);
    const events = Array.from({ length: 20 }, (_, at) => eventOf(at + 1, { reason }));
    await held.store.commit({ number: 1, changes: [], events });
    same(
      (await logOf(held.store)).map(({ seq }) => seq),
      events.map(({ seq }) => seq),
    );
  }),

  rule('what the log has of a time that need not be kept goes, and no number is given again', async (place) => {
    await using held = await HeldStore.open(place);
    for (const number of [1, 2, 3]) {
      const seq = 2 * number - 1;
      const events = [eventOf(seq, { atMs: number * 10 }), eventOf(seq + 1, { atMs: number * 10 })];
      await held.store.commit({ number, changes: [], events });
    }
    const keep = { settledBeforeMs: 25, maxBytes: 2 ** 40 };
    while ((await held.store.prune(keep)) > 0);
    const { oldest, next } = await held.store.events(1, 10);
    same([oldest, next], [5, 7]);
    same(
      (await logOf(held.store)).map(({ seq }) => seq),
      [5, 6],
    );
    while ((await held.store.prune({ ...keep, settledBeforeMs: 1_000 })) > 0);
    same((await held.store.take(holderOf('epochone0000'))).nextSeq, 7);
  }),

  durableRule(
    'the oldest of the log goes with the oldest jobs, or alone, while the store is too large',
    async (place) => {
      await using held = await HeldStore.open(place);
      const reason = 'x'.repeat(400_000);
      for (let number = 1; number <= 12; number += 1) {
        const key = { id: submissionOf(number).id, client: 'w1' };
        const changes = number <= 6 ? [sentTo(['w1'], submissionOf(number)), settled(key, { atMs: number })] : [];
        await held.store.commit({ number, changes, events: [eventOf(number, { atMs: number, reason })] });
      }
      const { bytes } = await held.store.info();
      while ((await held.store.prune({ settledBeforeMs: 0, maxBytes: bytes - 3_200_000 })) > 0);
      same(await held.names(), []);
      const { oldest, next } = await held.store.events(1, 10);
      ok(oldest >= 7 && oldest <= 11, `the oldest is event ${oldest}`);
      same(
        [next, (await logOf(held.store, oldest)).map(({ seq }) => seq)],
        [13, Array.from({ length: 13 - oldest }, (_, at) => oldest + at)],
      );
      ok((await held.store.info()).bytes <= bytes - 3_200_000);
    },
  ),

  durableRule(
    'the log of jobs that are deleted goes as fast as they do, so that it does not grow under a load',
    async (place) => {
      await using held = await HeldStore.open(place);
      const jobs = 150;
      for (let number = 1; number <= jobs; number += 1) {
        const key = { id: submissionOf(number).id, client: 'w1' };
        const changes = [sentTo(['w1'], submissionOf(number)), settled(key, { atMs: number })];
        await held.store.commit({ number, changes, events: [eventOf(number, { atMs: number })] });
      }
      const keep = { settledBeforeMs: jobs + 1, maxBytes: 2 ** 40 };
      for (let step = 1; step <= 2; step += 1) await held.store.prune(keep);
      same(await held.names(), []);
      same((await held.store.events(1, 10)).oldest, jobs);
    },
  ),

  durableRule('the log outlives its server', async (place) => {
    await using first = await HeldStore.open(place);
    await first.store.commit({ number: 1, changes: [], events: eventsOf(1, 300) });
    await first[Symbol.asyncDispose]();
    await using second = await HeldStore.open(place, 'epochtwo0000');
    same([second.taken.nextSeq, await logOf(second.store)], [301, eventsOf(1, 300)]);
    await second.store.commit({ number: 1, changes: [], events: eventsOf(301, 302) });
    same(await logOf(second.store, 300), eventsOf(300, 302));
  }),
];
