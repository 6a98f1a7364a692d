import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HeldStore } from '../../src/store/contract/held-store.ts';
import { jobOf, keyOf, sentTo, settled, submissionOf } from '../../src/store/contract/samples.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../support/new-folder.ts';

test('a secret argument of an ended job is in no unused part of the file either', async () => {
  const path = join(newFolder(), 'store.db');
  const numbers = Array.from({ length: 200 }, (_, at) => at + 1);
  const submission = (number: number) =>
    submissionOf(number, { args: { token: `hunter2${'z'.repeat(number)}` }, auditedArgs: {}, redacted: ['token'] });
  {
    await using held = await HeldStore.open({ open: () => openSqliteStore({ path }) });
    for (const number of numbers) {
      await held.commit(sentTo(['w1'], submission(number)));
      if (number % 3 === 0)
        await held.commit(settled(keyOf(jobOf(submission(number), 'w1')), { outcome: 'completed' }));
    }
    for (const number of numbers.filter((one) => one % 3 !== 0)) {
      await held.commit(settled(keyOf(jobOf(submission(number), 'w1')), { outcome: 'completed' }));
    }
  }
  expect(readFileSync(path).includes('hunter2')).toBe(false);
});
