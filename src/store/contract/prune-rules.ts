import { ok } from 'node:assert/strict';
import type { Keep } from '../job-store.ts';
import type { StoredClient } from '../stored-job.ts';
import { HeldStore, same } from './held-store.ts';
import { holderOf, outputOf, sentTo, settled, startMs, submissionOf } from './samples.ts';
import { rule, type StoreCase } from './store-case.ts';

const all: Keep = { settledBeforeMs: startMs + 1_000_000, maxBytes: 2 ** 40 };
const jobKey = (number: number, client = 'w1') => ({ id: submissionOf(number).id, client });
const known = (bootId: string): StoredClient => ({ name: 'w1', bootId, named: true, seenAtMs: startMs });

async function pruneAll(held: HeldStore, keep: Keep): Promise<number> {
  let sum = 0;
  for (;;) {
    const count = await held.store.prune(keep);
    if (count === 0) return sum;
    sum += count;
  }
}

export const pruneRules: readonly StoreCase[] = [
  rule('jobs that were settled before a time go, and no others', async (place) => {
    await using held = await HeldStore.open(place);
    for (const number of [1, 2, 3, 4]) await held.commit(sentTo(['w1'], submissionOf(number)));
    await held.commit(settled(jobKey(1), { atMs: 30, output: outputOf('one') }));
    await held.commit(settled(jobKey(2), { atMs: 10, output: outputOf('two') }), settled(jobKey(4), { atMs: 20 }));
    same(await pruneAll(held, { settledBeforeMs: 30, maxBytes: 2 ** 40 }), 2);
    same(await held.names(), ['3/w1', '1/w1']);
    same(await held.store.find([jobKey(2), jobKey(4)]), []);
    same([await held.store.output(jobKey(1)), await held.store.output(jobKey(2))], [outputOf('one'), []]);
    same((await held.store.info()).jobs, 2);
  }),

  rule('the oldest settled jobs go while the store is too large', async (place) => {
    await using held = await HeldStore.open(place);
    const numbers = Array.from({ length: 12 }, (_, at) => at + 1);
    for (const number of numbers) {
      const output = outputOf('x'.repeat(500_000));
      await held.commit(sentTo(['w1'], submissionOf(number)), settled(jobKey(number), { atMs: number, output }));
    }
    await held.commit(sentTo(['w1'], submissionOf(13)));
    const { bytes } = await held.store.info();
    const maxBytes = bytes - 3_000_000;
    const count = await pruneAll(held, { settledBeforeMs: 0, maxBytes });
    ok(count >= 5 && count <= 11, `${count} of 12 were deleted to free half of the bytes`);
    same(
      await held.names(),
      [13, ...numbers.slice(count).reverse()].map((number) => `${number}/w1`),
    );
    ok((await held.store.info()).bytes <= maxBytes);
  }),

  rule('unsettled jobs stay, however small the store should be', async (place) => {
    await using held = await HeldStore.open(place);
    await held.commit(sentTo(['w1', 'w2'], submissionOf(1)), settled(jobKey(1), { isLast: false }));
    await pruneAll(held, { settledBeforeMs: startMs + 1_000_000, maxBytes: 0 });
    same(await held.names(), ['1/w2']);
    same((await held.all())[0]?.submission.args, submissionOf(1).args);
  }),

  rule('a key goes with the last of its jobs, and no number is given again', async (place) => {
    await using held = await HeldStore.open(place);
    const key = { key: 'k', askedHash: '00' };
    await held.commit(sentTo(['w1', 'w2'], submissionOf(1, { key })), settled(jobKey(1), { isLast: false }));
    await pruneAll(held, all);
    same((await held.store.findByKey('ada', 'k')).length, 1);
    await held.commit(settled(jobKey(1, 'w2')));
    await pruneAll(held, all);
    same(await held.store.findByKey('ada', 'k'), []);
    same((await held.store.take(holderOf('epochone0000'))).nextNumber, 2);
  }),

  rule('a lost job stays for its client alone while the process that it was bound to is the newest', async (place) => {
    await using held = await HeldStore.open(place);
    const submission = submissionOf(1, { key: { key: 'k', askedHash: '00' } });
    await held.commit({ type: 'client', client: known('boot-of-w1') }, sentTo(['w1'], submission));
    await held.commit(settled(jobKey(1), { outcome: 'lost', output: outputOf('x') }));
    same(await pruneAll(held, all), 1);
    const [tombstone] = await held.store.find([jobKey(1)]);
    same([tombstone?.settlement?.outcome, tombstone?.bootId, tombstone?.client], ['lost', 'boot-of-w1', 'w1']);
    same([tombstone?.submission.args, tombstone?.submission.auditedArgs], [{}, {}]);
    same([await held.names(), await held.store.output(jobKey(1))], [[], []]);
    same([await held.store.findByKey('ada', 'k'), (await held.store.info()).jobs], [[], 0]);
    same((await held.store.take(holderOf('epochone0000'))).unsettled, []);
    await held.commit({ type: 'client', client: known('next-boot') });
    await pruneAll(held, all);
    same(await held.store.find([jobKey(1)]), []);
  }),

  rule('a lost job goes at once where nobody can have its outcome', async (place) => {
    await using held = await HeldStore.open(place);
    await held.commit({ type: 'client', client: known('next-boot') }, sentTo(['w1', 'w2'], submissionOf(1)));
    await held.commit(settled(jobKey(1), { outcome: 'lost' }), settled(jobKey(1, 'w2'), { outcome: 'lost' }));
    await held.commit({ type: 'client', client: known('boot-of-w1') }, sentTo(['w1'], submissionOf(2)));
    await held.commit(settled(jobKey(2), { outcome: 'lost' }), {
      type: 'late',
      job: jobKey(2),
      settlement: { outcome: 'completed' },
      output: [],
    });
    await held.commit({ type: 'client', client: known('third-boot') });
    same(await pruneAll(held, all), 3);
    same(await held.store.find([jobKey(1), jobKey(1, 'w2'), jobKey(2)]), []);
  }),

  rule('a submission of thousands is deleted in steps, and other changes come between', async (place) => {
    await using held = await HeldStore.open(place);
    const clients = Array.from({ length: 3_000 }, (_, at) => `w${at}`);
    await held.commit(sentTo(clients, submissionOf(1)), ...clients.map((client) => settled(jobKey(1, client))));
    const steps = pruneAll(held, all);
    await held.commit(sentTo(['w1'], submissionOf(2)));
    same([await steps, await held.names()], [3_000, ['2/w1']]);
  }),
];
