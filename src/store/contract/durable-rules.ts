import { match } from 'node:assert/strict';
import type { StoredJobKey } from '../stored-job.ts';
import { failsWith, HeldStore, nameOf, same } from './held-store.ts';
import { holderOf, jobOf, keyOf, sentTo, settled, startMs, submissionOf, waitingFor } from './samples.ts';
import { durableRule, type StoreCase } from './store-case.ts';

/** For each holder: how many jobs it submits, and how many of the jobs that it found it leaves unsettled. */
const holders = [
  { more: 1, stay: 0 },
  { more: 1, stay: 0 },
  { more: 300, stay: 0 },
  { more: 300, stay: 1 },
  { more: 1, stay: 2 },
  { more: 300, stay: 300 },
  { more: 0, stay: 0 },
];

export const durableRules: readonly StoreCase[] = [
  durableRule('whoever opens it again finds its id, its jobs, its clients and its epochs', async (place) => {
    const about = { labels: { role: 'web', 'a.b-c': 'é"=,' }, facts: { os: 'linux' } };
    const client = { name: 'w1', bootId: 'boot', named: true, seenAtMs: startMs, about };
    let id: string;
    {
      await using held = await HeldStore.open(place);
      id = held.store.id;
      await held.commit(
        { type: 'client', client },
        sentTo(['w1', 'w2'], submissionOf(1)),
        sentTo(['w1'], submissionOf(2)),
      );
      await held.commit(settled({ id: submissionOf(1).id, client: 'w1' }, { isLast: false }));
    }
    await using held = await HeldStore.open(place, 'epochtwo0000');
    same(held.store.id, id);
    same(held.taken.nextNumber, 3);
    same(held.taken.unsettled.map(nameOf), ['1/w2', '2/w1']);
    same(held.taken.unsettled[0], jobOf(submissionOf(1), 'w2', { bootId: 'boot-of-w2' }));
    same(held.taken.clients, [client]);
    same((await held.store.knownEpochs(['epochone0000', 'epochtwo0000'])).size, 2);
    await held.commit(sentTo(['w1'], submissionOf(3)));
    same(await held.names(), ['3/w1', '2/w1', '1/w2', '1/w1']);
  }),

  durableRule('what was sent to no process still waits when it is taken again, after any commit', async (place) => {
    for (const [at, epoch] of ['epochone0000', 'epochtwo0000', 'epochthree00'].entries()) {
      await using held = await HeldStore.open(place, epoch);
      same(
        held.taken.unsettled.map(({ bootId }) => bootId),
        Array.from({ length: at }, () => undefined),
      );
      await held.commit(waitingFor(['w1'], submissionOf(held.taken.nextNumber)));
      await held.store.prune({ settledBeforeMs: 0, maxBytes: 2 ** 40 });
      await held.store.collection('c').putIfAbsent(epoch, 1);
    }
  }),

  durableRule(
    'each holder finds all jobs without an outcome, whatever the one before has settled first',
    async (place) => {
      let open: StoredJobKey[] = [];
      for (const [at, { more, stay }] of holders.entries()) {
        const epoch = `epochnumber${at}`;
        await using held = await HeldStore.open(place, epoch);
        same(held.taken.unsettled.map(keyOf), open);
        const added = Array.from({ length: more }, (_, index) => {
          const number = held.taken.nextNumber + index;
          return submissionOf(number, { id: `${epoch}.${number}`, redacted: undefined });
        });
        const [first, ...others] = open;
        await held.commit(...(first ? [settled(first)] : []), ...added.map((submission) => sentTo(['w1'], submission)));
        await held.commit(...others.slice(stay).map((job) => settled(job)));
        open = [...others.slice(0, stay), ...added.map(({ id }) => ({ id, client: 'w1' }))];
      }
    },
  ),

  durableRule('what a holder finds of one submission shares it: large arguments are there once', async (place) => {
    const clients = Array.from({ length: 2_500 }, (_, at) => `w${at}`);
    {
      await using held = await HeldStore.open(place);
      await held.commit(sentTo(clients, submissionOf(1)), sentTo(clients, submissionOf(2)));
    }
    await using held = await HeldStore.open(place, 'epochtwo0000');
    same(held.taken.unsettled.length, 5_000);
    same(new Set(held.taken.unsettled.map(({ submission }) => submission)).size, 2);
  }),

  durableRule('it has one holder: another is told who it is, and can read', async (place) => {
    await using held = await HeldStore.open(place);
    await held.commit(sentTo(['w1'], submissionOf(1)));
    await using other = await place.open();
    const message = await failsWith('store_in_use', other.take({ ...holderOf('epochtwo0000'), pid: 1 }));
    for (const word of [/4711/, /h1/, /tcp:\/\/127\.0\.0\.1:5555/]) match(message, word);
    same((await other.list({}, 10)).jobs.map(nameOf), ['1/w1']);
    same((await other.info()).holder, holderOf('epochone0000'));
    await failsWith('store_in_use', other.commit({ number: 1, changes: [] }));
    await held.commit(sentTo(['w1'], submissionOf(2)));
    same((await other.find([keyOf(jobOf(submissionOf(2), 'w1'))])).length, 1);
  }),

  durableRule('when its holder has closed it another can take it', async (place) => {
    await using other = await place.open();
    {
      await using held = await HeldStore.open(place);
      await held.commit(sentTo(['w1'], submissionOf(1)));
    }
    const { nextNumber } = await other.take(holderOf('epochtwo0000'));
    await other.commit({ number: 1, changes: [sentTo(['w1'], submissionOf(nextNumber))] });
    same((await other.list({}, 10)).jobs.map(nameOf), ['2/w1', '1/w1']);
  }),

  durableRule('collections are written by everybody who has it open, and stay', async (place) => {
    await using held = await HeldStore.open(place);
    await using other = await place.open();
    const [mine, theirs] = [held.store.collection<number>('c'), other.collection<number>('c')];
    const put = await theirs.putIfAbsent('a', 1, { index: { word: 'x' } });
    same(await mine.get('a'), put);
    await mine.compareAndSet('a', put?.version ?? 0, 2);
    same([(await theirs.get('a'))?.value, await theirs.byIndex('word', 'x', 10)], [2, []]);
  }),
];
