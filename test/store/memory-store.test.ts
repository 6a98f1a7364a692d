import { expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { HeldStore } from '../../src/store/contract/held-store.ts';
import { outputOf, sentTo, settled, submissionOf } from '../../src/store/contract/samples.ts';
import { storeCases } from '../../src/store/contract/store-contract.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';

const place = { open: async () => createMemoryStore() };

test.each(storeCases.filter(({ needsDurable }) => !needsDurable))('$title', ({ run }) => run(place));

const jobKey = (number: number) => ({ id: submissionOf(number).id, client: 'w1' });

test('the oldest settled jobs make room for new ones, unsettled ones stay', async () => {
  await using held = await HeldStore.open(place);
  await held.commit(sentTo(['w1'], submissionOf(1)));
  for (let number = 2; number <= limits.maxSettledJobs + 11; number += 1) {
    await held.commit(sentTo(['w1'], submissionOf(number)), settled(jobKey(number)));
  }
  expect((await held.store.info()).jobs).toBe(limits.maxSettledJobs + 1);
  expect(
    (await held.store.find([jobKey(1), jobKey(11), jobKey(12)])).map(({ submission }) => submission.number),
  ).toEqual([1, 12]);
});

test('kept output is bounded', async () => {
  await using held = await HeldStore.open(place);
  const output = outputOf('x'.repeat(1_048_576));
  for (let number = 1; number <= 70; number += 1) {
    await held.commit(sentTo(['w1'], submissionOf(number)), settled(jobKey(number), { output }));
  }
  const { bytes, jobs } = await held.store.info();
  expect([bytes, jobs]).toEqual([limits.maxSettledOutputBytes, 64]);
});

test('listed jobs are copies: later changes do not affect them', async () => {
  await using held = await HeldStore.open(place);
  await held.commit(sentTo(['w1'], submissionOf(1)));
  const [before] = await held.all();
  await held.commit(settled(jobKey(1)));
  expect([before?.settlement, before?.submission.args]).toEqual([undefined, submissionOf(1).args]);
});
