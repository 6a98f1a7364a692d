import { fail } from 'node:assert/strict';
import type { JobStore } from '../job-store.ts';
import type { StoredItem, StoreTransfer } from '../store-transfer.ts';
import { failsWith, HeldStore, same } from './held-store.ts';
import { holderOf, jobOf, keyOf, outputOf, sentTo, settled, startMs, submissionOf } from './samples.ts';
import { durableRule, type StoreCase, type StorePlace } from './store-case.ts';

const transferOf = (store: JobStore): StoreTransfer => store.transfer ?? fail('a durable store has a transfer');
const itemsOf = (store: JobStore): Promise<readonly StoredItem[]> => Array.fromAsync(transferOf(store).export());

async function* each(items: readonly StoredItem[]): AsyncGenerator<StoredItem> {
  yield* items;
}

/** Fills a store with every kind of item. @returns the items that its export yields. */
async function fill(place: StorePlace): Promise<readonly StoredItem[]> {
  await using held = await HeldStore.open(place);
  const first = submissionOf(1, { key: { key: 'k', askedHash: 'aa' }, standing: true });
  const client = { name: 'w1', bootId: 'boot-of-w1', named: true, seenAtMs: startMs };
  await held.commit({ type: 'client', client }, sentTo(['w1', 'w2'], first), sentTo(['w1'], submissionOf(2)));
  await held.commit(sentTo(['w1'], submissionOf(3)), settled(keyOf(jobOf(submissionOf(3), 'w1')), { outcome: 'lost' }));
  while ((await held.store.prune({ settledBeforeMs: startMs * 2, maxBytes: 2 ** 40 })) > 0);
  await held.commit(settled({ id: first.id, client: 'w1' }, { output: outputOf('some'), isLast: false }));
  const entries = held.store.collection<unknown>('c');
  await entries.putIfAbsent('', { deep: [1, null] }, { dueAtMs: 5, index: { owner: 'ada' } });
  await entries.putIfAbsent('b', 'plain');
  await held.log(startMs, 300);
  return await itemsOf(held.store);
}

export const transferRules: readonly StoreCase[] = [
  durableRule('an export has everything, in order', async (place) => {
    const items = await fill(place);
    const types = ['store', 'epoch', 'client', 'submission', 'job', 'job', 'submission', 'job', 'tombstone'];
    same(
      items.map(({ type }) => type),
      [...types, 'entry', 'entry', ...Array(300).fill('event')],
    );
    const [store, epoch, , , job] = items;
    await using opened = await place.open();
    same(
      [store, epoch],
      [
        { type: 'store', id: opened.id, nextNumber: 4 },
        { type: 'epoch', epoch: 'epochone0000' },
      ],
    );
    same(job?.type === 'job' && [job.job.client, job.output], ['w1', outputOf('some')]);
  }),

  durableRule('an export is of one moment: what is committed while it is read is not in it', async (place) => {
    await using held = await HeldStore.open(place);
    await held.commit(sentTo(['w1'], submissionOf(1)));
    const items: StoredItem[] = [];
    for await (const item of transferOf(held.store).export()) {
      if (item.type === 'store') await held.commit(sentTo(['w1'], submissionOf(2)));
      items.push(item);
    }
    same(items.filter(({ type }) => type === 'submission').length, 1);
  }),

  durableRule('what was exported from one store and imported into another is the same there', async (place) => {
    if (!place.openOther) return;
    const items = await fill(place);
    await using other = await place.openOther();
    await transferOf(other).import(each(items));
    const [first] = items;
    same([other.id], [first?.type === 'store' ? first.id : undefined]);
    same(await itemsOf(other), items);
    same((await other.collection('c').claimDue(5, 10, 10)).length, 1);
    const taken = await other.take(holderOf('epochtwo0000'));
    same([taken.nextNumber, taken.nextSeq, taken.unsettled.length, taken.clients.length], [4, 301, 2, 1]);
    await other.commit({ number: 1, changes: [sentTo(['w1'], submissionOf(4))] });
  }),

  durableRule('an import that ends with an error leaves the store as empty as it was', async (place) => {
    if (!place.openOther) return;
    const items = await fill(place);
    await using other = await place.openOther();
    const { id } = other;
    async function* broken(): AsyncGenerator<StoredItem> {
      yield* items.slice(0, -2);
      throw new Error('the disk of the other one');
    }
    const failed = await transferOf(other)
      .import(broken())
      .catch((error: Error) => error.message);
    same([failed, other.id, (await other.info()).jobs], ['the disk of the other one', id, 0]);
    await transferOf(other).import(each(items));
    same(await itemsOf(other), items);
    await failsWith('bad_store', transferOf(other).import(each(items)));
  }),

  durableRule('a closed store says why it takes no server, and can be read and opened again', async (place) => {
    const items = await fill(place);
    await using store = await place.open();
    await transferOf(store).setClosed('it was copied to B');
    same((await failsWith('bad_store', store.take(holderOf('epochtwo0000')))).includes('it was copied to B'), true);
    await failsWith('bad_store', store.collection('c').putIfAbsent('new', 1));
    same([(await store.info()).closed, await itemsOf(store)], ['it was copied to B', items]);
    await transferOf(store).setClosed(undefined);
    same((await store.take(holderOf('epochtwo0000'))).nextNumber, 4);
  }),

  durableRule('a store that a server holds is neither closed nor vacuumed nor filled', async (place) => {
    await using held = await HeldStore.open(place);
    await using other = await place.open();
    await failsWith('store_in_use', transferOf(other).setClosed('x'));
    await failsWith('store_in_use', transferOf(other).vacuum());
    await failsWith('store_in_use', transferOf(other).import(each([])));
    await held.commit(sentTo(['w1'], submissionOf(1)));
    same(await held.names(), ['1/w1']);
  }),

  durableRule('a vacuum leaves everything as it is', async (place) => {
    const items = await fill(place);
    await using store = await place.open();
    await transferOf(store).vacuum();
    same(await itemsOf(store), items);
  }),
];
