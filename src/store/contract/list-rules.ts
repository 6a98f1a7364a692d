import { ok } from 'node:assert/strict';
import type { StoredJobFilter } from '../stored-job.ts';
import { HeldStore, nameOf, pagesOf, same } from './held-store.ts';
import { jobOf, keyOf, sentTo, settled, startMs, submissionOf } from './samples.ts';
import { rule, type StoreCase } from './store-case.ts';

/** Seven jobs that differ in every property that a filter can select. */
async function openVaried(...[place]: Parameters<StoreCase['run']>): Promise<HeldStore> {
  const held = await HeldStore.open(place);
  const submissions = [
    submissionOf(1, { submittedAtMs: startMs + 500 }),
    // The clock was set back.
    submissionOf(2, { submittedAtMs: startMs + 200, command: 'ping', actor: 'bob' }),
    submissionOf(3, { submittedAtMs: startMs + 300, command: 'stop', kind: 'control' }),
    submissionOf(4, { submittedAtMs: startMs + 600, actor: undefined }),
  ];
  const clients = [['w1', 'w2', 'w3'], ['w1'], ['w1', 'w2'], ['w3']];
  for (const [at, submission] of submissions.entries()) await held.commit(sentTo(clients[at] ?? [], submission));
  const settle = (number: number, client: string, outcome: 'completed' | 'failed' | 'lost') =>
    settled(keyOf(jobOf(submissionOf(number), client)), { outcome, isLast: false });
  await held.commit(settle(1, 'w1', 'completed'), settle(1, 'w2', 'failed'), settle(2, 'w1', 'failed'));
  await held.commit(settle(3, 'w2', 'lost'), settle(4, 'w3', 'completed'));
  return held;
}

const all = ['4/w3', '3/w2', '3/w1', '2/w1', '1/w3', '1/w2', '1/w1'];
const filters: readonly (readonly [StoredJobFilter, readonly string[]])[] = [
  [{}, all],
  [{ client: 'w1' }, ['3/w1', '2/w1', '1/w1']],
  [{ client: 'nobody' }, []],
  [{ client: "w1' OR '1' = '1" }, []],
  [{ client: 'w%' }, []],
  [{ client: 'w1\u0000' }, []],
  [{ command: '\u0000' }, []],
  [{ id: '\u0000.1' }, []],
  [{ command: 'run' }, ['4/w3', '1/w3', '1/w2', '1/w1']],
  [{ actor: 'ada' }, ['3/w2', '3/w1', '1/w3', '1/w2', '1/w1']],
  [{ kind: 'control' }, ['3/w2', '3/w1']],
  [{ number: 3 }, ['3/w2', '3/w1']],
  [{ unsettled: true }, ['3/w1', '1/w3']],
  [{ outcomes: ['failed'] }, ['2/w1', '1/w2']],
  [{ outcomes: ['completed', 'lost'] }, ['4/w3', '3/w2', '1/w1']],
  [{ outcomes: [] }, []],
  [{ outcomes: ['failed'], unsettled: true }, []],
  [{ sinceMs: startMs + 300 }, ['4/w3', '3/w2', '3/w1', '1/w3', '1/w2', '1/w1']],
  [{ sinceMs: startMs + 601 }, []],
  [{ client: 'w1', outcomes: ['completed', 'failed'] }, ['2/w1', '1/w1']],
  [{ command: 'run', actor: 'ada', unsettled: true }, ['1/w3']],
  [{ command: 'run', client: 'w3', kind: 'data', sinceMs: startMs + 501 }, ['4/w3']],
  [{ outcomes: ['failed', 'lost'], sinceMs: startMs + 300, actor: 'ada' }, ['3/w2', '1/w2']],
  [{ number: 1, outcomes: ['failed'] }, ['1/w2']],
  [{ id: submissionOf(3).id }, ['3/w2', '3/w1']],
  [{ id: submissionOf(1).id, outcomes: ['failed'] }, ['1/w2']],
  [{ id: submissionOf(1).id, client: 'w2' }, ['1/w2']],
  [{ id: submissionOf(9).id }, []],
];

export const listRules: readonly StoreCase[] = [
  rule('a list is newest first and has what the filter selects', async (place) => {
    await using held = await openVaried(place);
    for (const [filter, expected] of filters) same([filter, await held.names(filter)], [filter, expected]);
  }),

  rule('pages of any size have the same jobs as one page, whatever the filter', async (place) => {
    await using held = await openVaried(place);
    for (const [filter, expected] of filters) {
      for (const limit of [1, 2, 3]) {
        const pages = await pagesOf(held.store, filter, limit);
        same([filter, limit, pages.flat().map(nameOf)], [filter, limit, expected]);
        ok(pages.every((page) => page.length <= limit));
      }
    }
  }),

  rule('the last page says so, also where it is full', async (place) => {
    await using held = await openVaried(place);
    same((await held.store.list({}, 7)).next, undefined);
    same(typeof (await held.store.list({}, 6)).next, 'string');
  }),

  rule('what is submitted while somebody pages is on no later page', async (place) => {
    await using held = await openVaried(place);
    const { jobs, next } = await held.store.list({}, 2);
    await held.commit(sentTo(['w1', 'w9'], submissionOf(5)));
    const rest = await held.store.list({}, 1_000, next);
    same([...jobs, ...rest.jobs].map(nameOf), all);
  }),

  rule('jobs are found by the key of their actor, and by no other actor', async (place) => {
    await using held = await HeldStore.open(place);
    const key = { key: 'k', askedHash: '00' };
    await held.commit(
      sentTo(['w1', 'w2'], submissionOf(1, { key })),
      sentTo(['w1'], submissionOf(2, { key, actor: 'bob' })),
      sentTo(['w1'], submissionOf(3)),
    );
    same((await held.store.findByKey('ada', 'k')).map(nameOf).sort(), ['1/w1', '1/w2']);
    const [bobs] = await held.store.findByKey('bob', 'k');
    same([bobs?.submission.number, bobs?.submission.key], [2, key]);
    same(await held.store.findByKey('ada', 'other'), []);
    same(await held.store.findByKey('eve', 'k'), []);
  }),
];
