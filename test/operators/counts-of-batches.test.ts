import { expect, test } from 'vitest';
import type { Event } from '../../src/index.ts';
import { stepwise } from '../support/stepwise.ts';
import { openScene } from './scene.ts';

const definitions = {
  tester: { do: [{ commands: ['stepwise'], targets: 'env=test' }] },
  starter: { do: [{ commands: ['stepwise'], targets: ['t1', 'p1'] }] },
};

test('the reason why the rest of a batch was not sent counts failures on hidden clients only for its sender', async () => {
  await using scene = await openScene(definitions);
  const starter = scene.as('starter');
  const tester = scene.as('tester');
  await using reader = tester.watch();
  const group = await starter.submit(['p1', 't1'], stepwise, { label: 'a' }, { batch: 1, maxFailures: 0 });
  (await scene.steps.begins()).fail(new Error('no'));
  await group.outcomes;
  const key = { id: group.id, client: 't1' };
  const counted = { code: 'not_sent', message: '1 client has failed; the maximum is 0' };
  const plain = { code: 'not_sent', message: 'it was not sent' };
  expect([(await starter.get(key)).error, (await scene.as('viewer').get(key)).error]).toMatchObject([counted, counted]);
  expect((await tester.get(key)).error).toMatchObject(plain);
  const [listed] = (await tester.list()).filter(({ id }) => id === group.id);
  const [past] = (await tester.history({ id: group.id })).jobs;
  expect([listed?.error, past?.error]).toMatchObject([plain, plain]);
  let settled: Event | undefined;
  for await (const event of reader) {
    settled = event;
    if (event.type === 'job.settled' && event.id === group.id) break;
  }
  expect(settled).toMatchObject({ client: 't1', outcome: 'cancelled', error: plain });
});
