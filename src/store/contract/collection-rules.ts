import { notEqual, ok } from 'node:assert/strict';
import type { Collection, Entry } from '../collection.ts';
import { HeldStore, same } from './held-store.ts';
import { rule, type StoreCase } from './store-case.ts';

interface Value {
  readonly at: number;
  readonly note?: string | null;
}

const collectionRule = (title: string, run: (values: Collection<Value>, held: HeldStore) => Promise<void>): StoreCase =>
  rule(title, async (place) => {
    await using held = await HeldStore.open(place);
    await run(held.store.collection<Value>('values'), held);
  });

function entryOf(entry: Entry<Value> | undefined): Entry<Value> {
  ok(entry);
  return entry;
}

const keysOf = (entries: readonly Entry<Value>[]): readonly string[] => entries.map(({ key }) => key);

export const collectionRules: readonly StoreCase[] = [
  collectionRule('a collection puts what is absent, and what is there stays', async (values) => {
    same(await values.get('a'), undefined);
    const put = entryOf(await values.putIfAbsent('a', { at: 1, note: 'é😀' }));
    same([put.key, put.value], ['a', { at: 1, note: 'é😀' }]);
    same(await values.putIfAbsent('a', { at: 2 }), undefined);
    same(await values.get('a'), put);
  }),

  collectionRule('a collection writes and deletes only the version that was read', async (values) => {
    const first = entryOf(await values.putIfAbsent('a', { at: 1 }));
    const second = entryOf(await values.compareAndSet('a', first.version, { at: 2 }));
    notEqual(second.version, first.version);
    same(await values.compareAndSet('a', first.version, { at: 3 }), undefined);
    same(await values.compareAndDelete('a', first.version), false);
    same(await values.get('a'), second);
    same(await values.compareAndDelete('a', second.version), true);
    same(await values.compareAndDelete('a', second.version), false);
    same(await values.compareAndSet('a', second.version, { at: 4 }), undefined);
    same(await values.get('a'), undefined);
  }),

  collectionRule('an entry that was deleted and put again has another version', async (values) => {
    const first = entryOf(await values.putIfAbsent('a', { at: 1 }));
    await values.compareAndDelete('a', first.version);
    const again = entryOf(await values.putIfAbsent('a', { at: 1 }));
    notEqual(again.version, first.version);
    same(await values.compareAndSet('a', first.version, { at: 2 }), undefined);
  }),

  collectionRule('of many who write one version, one succeeds', async (values) => {
    const { version } = entryOf(await values.putIfAbsent('a', { at: 0 }));
    const tries = Array.from({ length: 20 }, (_, at) => values.compareAndSet('a', version, { at }));
    same((await Promise.all(tries)).filter((written) => written).length, 1);
    const puts = Array.from({ length: 20 }, (_, at) => values.putIfAbsent('b', { at }));
    same((await Promise.all(puts)).filter((written) => written).length, 1);
  }),

  collectionRule('a collection is listed in pages, in the order of the bytes of its keys', async (values) => {
    const inOrder = ['', 'A', 'B', 'a', 'a/1', 'a1', 'é', '\uffee', '😀'];
    for (const [at, key] of [...inOrder].reverse().entries()) await values.putIfAbsent(key, { at });
    same(keysOf(await values.list(100)), inOrder);
    same(keysOf(await values.list(2)), ['', 'A']);
    same(keysOf(await values.list(3, 'A')), ['B', 'a', 'a/1']);
    same(keysOf(await values.list(100, '\uffee')), ['😀']);
    same(keysOf(await values.list(100, '😀')), []);
  }),

  collectionRule('an entry is found by each word of its index, until it is written with another', async (values) => {
    const a = entryOf(await values.putIfAbsent('a', { at: 1 }, { index: { owner: 'ada', state: 'on' } }));
    await values.putIfAbsent('b', { at: 2 }, { index: { owner: 'ada' } });
    await values.putIfAbsent('c', { at: 3 }, { index: { owner: 'bob' } });
    same(keysOf(await values.byIndex('owner', 'ada', 100)), ['a', 'b']);
    same(keysOf(await values.byIndex('owner', 'ada', 1)), ['a']);
    same(keysOf(await values.byIndex('owner', 'ada', 100, 'a')), ['b']);
    same(await values.byIndex('state', 'on', 100), [a]);
    same(await values.byIndex('state', 'ada', 100), []);
    const changed = entryOf(await values.compareAndSet('a', a.version, { at: 4 }, { index: { owner: 'bob' } }));
    same(keysOf(await values.byIndex('owner', 'ada', 100)), ['b']);
    same(await values.byIndex('state', 'on', 100), []);
    same(keysOf(await values.byIndex('owner', 'bob', 100)), ['a', 'c']);
    await values.compareAndSet('a', changed.version, { at: 5 });
    same(keysOf(await values.byIndex('owner', 'bob', 100)), ['c']);
    for (const { key, version } of await values.list(100)) await values.compareAndDelete(key, version);
    same(await values.byIndex('owner', 'bob', 100), []);
  }),

  collectionRule('what is due is claimed once, the longest due first, and is due again later', async (values) => {
    const due = { late: 30, early: 10, b: 20, a: 20, future: 41 };
    for (const [key, dueAtMs] of Object.entries(due)) {
      await values.putIfAbsent(key, { at: dueAtMs }, { dueAtMs, index: { kind: 'run' } });
    }
    await values.putIfAbsent('never', { at: 0 });
    same(keysOf(await values.claimDue(40, 100, 3)), ['early', 'a', 'b']);
    const claimed = await values.claimDue(40, 100, 3);
    same(keysOf(claimed), ['late']);
    same(await values.get('late'), claimed[0]);
    same(await values.claimDue(40, 100, 3), []);
    same(keysOf(await values.claimDue(100, 200, 10)), ['future', 'a', 'b', 'early', 'late']);
    same((await values.byIndex('kind', 'run', 10)).length, 5);
  }),

  collectionRule('two who claim at the same time never get the same entry', async (values) => {
    for (let at = 0; at < 20; at += 1) await values.putIfAbsent(`k${at}`, { at }, { dueAtMs: at });
    const claims = await Promise.all(Array.from({ length: 8 }, () => values.claimDue(50, 100, 3)));
    const keys = claims.flatMap(keysOf);
    same([keys.length, new Set(keys).size], [20, 20]);
  }),

  collectionRule('whoever writes a claimed entry decides when it is due', async (values) => {
    await values.putIfAbsent('a', { at: 1 }, { dueAtMs: 1 });
    const [claimed] = await values.claimDue(1, 100, 1);
    await values.compareAndSet('a', entryOf(claimed).version, { at: 2 }, { dueAtMs: 5 });
    const [again] = await values.claimDue(5, 100, 1);
    await values.compareAndSet('a', entryOf(again).version, { at: 3 });
    same(await values.claimDue(1_000, 2_000, 1), []);
  }),

  collectionRule('collections of different names know nothing of one another', async (values, { store }) => {
    await values.putIfAbsent('a', { at: 1 }, { dueAtMs: 1, index: { owner: 'ada' } });
    const others = store.collection<Value>('others');
    same([await others.get('a'), await others.list(10)], [undefined, []]);
    same([await others.byIndex('owner', 'ada', 10), await others.claimDue(10, 20, 10)], [[], []]);
    ok(await others.putIfAbsent('a', { at: 2 }));
    same((await store.collection<Value>('values').get('a'))?.value, { at: 1 });
  }),
];
