import type { StoredClient } from '../stored-job.ts';
import { failsWith, HeldStore, same } from './held-store.ts';
import { holderOf, sentTo, startMs, submissionOf } from './samples.ts';
import { rule, type StoreCase } from './store-case.ts';

const clientOf = (name: string, bootId: string, changed: Partial<StoredClient> = {}): StoredClient => ({
  name,
  bootId,
  named: true,
  seenAtMs: startMs,
  ...changed,
});

export const batchRules: readonly StoreCase[] = [
  rule('batches that are handed over at once are committed in the order of their numbers', async (place) => {
    await using held = await HeldStore.open(place);
    const numbers = Array.from({ length: 40 }, (_, at) => at + 1);
    await Promise.all(numbers.map((number) => held.commit(sentTo(['w1'], submissionOf(number)))));
    same(await held.names(), numbers.map((number) => `${number}/w1`).reverse());
  }),

  rule('a batch that was committed is not made again: whoever lost the answer asks once more', async (place) => {
    await using held = await HeldStore.open(place);
    await held.store.commit({ number: 1, changes: [sentTo(['w1'], submissionOf(1))] });
    await held.store.commit({ number: 1, changes: [sentTo(['w2'], submissionOf(2))] });
    same(await held.names(), ['1/w1']);
    await held.store.commit({ number: 2, changes: [sentTo(['w3'], submissionOf(3))] });
    same(await held.names(), ['3/w3', '1/w1']);
  }),

  rule('a batch whose predecessor was not committed is unavailable and changes nothing', async (place) => {
    await using held = await HeldStore.open(place);
    const early = { number: 2, changes: [sentTo(['w1'], submissionOf(2))] };
    await failsWith('unavailable', held.store.commit(early));
    same(await held.names(), []);
    await held.store.commit({ number: 1, changes: [] });
    await held.store.commit(early);
    same(await held.names(), ['2/w1']);
  }),

  rule('a batch needs a holder', async (place) => {
    await using store = await place.open();
    await failsWith('store_in_use', store.commit({ number: 1, changes: [] }));
  }),

  rule('the same epoch takes the store again and goes on after its last batch', async (place) => {
    await using held = await HeldStore.open(place);
    await held.commit(sentTo(['w1'], submissionOf(1)));
    const taken = await held.store.take(holderOf('epochone0000'));
    same([taken.nextNumber, taken.unsettled.length], [2, 1]);
    await held.commit(sentTo(['w1'], submissionOf(2)));
    same(await held.names(), ['2/w1', '1/w1']);
  }),

  rule('the newest that is known of each client is kept until the client is forgotten', async (place) => {
    await using held = await HeldStore.open(place);
    const again = clientOf('w1', 'second', { named: false, seenAtMs: startMs + 9 });
    await held.commit({ type: 'client', client: clientOf('w1', 'first') }, { type: 'client', client: again });
    await held.commit({ type: 'client', client: clientOf('w2', 'first') });
    await held.commit({ type: 'client', client: clientOf('w3', 'first') }, { type: 'client-forgotten', name: 'w2' });
    const { clients } = await held.store.take(holderOf('epochone0000'));
    same(
      [...clients].sort((one, other) => (one.name < other.name ? -1 : 1)),
      [again, clientOf('w3', 'first')],
    );
  }),

  rule('epochs that held the store are known, and no others', async (place) => {
    await using held = await HeldStore.open(place);
    same([...(await held.store.knownEpochs(['epochone0000', 'epochtwo0000']))], ['epochone0000']);
    same([...(await held.store.knownEpochs([]))], []);
    await held.store.take(holderOf('epochtwo0000'));
    same((await held.store.knownEpochs(['epochone0000', 'epochtwo0000', 'other'])).size, 2);
  }),

  rule('its info counts jobs and epochs and names the holder', async (place) => {
    await using held = await HeldStore.open(place);
    await held.commit(sentTo(['w1', 'w2'], submissionOf(1)));
    const { id, jobs, unsettled, epochs, holder, closed } = await held.store.info();
    same([id, jobs, unsettled, epochs, closed], [held.store.id, 2, 2, 1, undefined]);
    same(holder, holderOf('epochone0000'));
  }),

  rule('a store that is disposed twice is closed once, and does nothing more', async (place) => {
    const { store } = await HeldStore.open(place);
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await failsWith('closed', store.commit({ number: 1, changes: [] }));
    await failsWith('closed', store.list({}, 1));
    await failsWith('closed', store.info());
  }),
];
