import { HeldStore, same } from './held-store.ts';
import { holderOf, jobOf, keyOf, outputOf, settled, startMs, submissionOf, submitted } from './samples.ts';
import { durableRule, rule, type StoreCase } from './store-case.ts';

const submission = submissionOf(1, { targets: ['web-*+env=prod', 'db'], expiresAtMs: startMs + 60_000 });
const { id } = submission;
const first = jobOf(submission, '#1', { place: 1 });
const second = jobOf(submission, '#2', { place: 2 });
const chosen = jobOf(submission, 'w9', { bootId: 'boot-of-w9' });
const placed = (place: number, client: string) =>
  ({
    type: 'placed',
    job: { id, client: `#${place}` },
    client,
    bootId: `boot-of-${client}`,
    sentAs: `epochone0000.9${place}`,
    vouched: { env: client },
  }) as const;

export const placeRules: readonly StoreCase[] = [
  rule('a place comes back as it was given, and has its client from when that was committed', async (place) => {
    await using held = await HeldStore.open(place);
    await held.commit(submitted(submission, chosen, first, second));
    same(await held.all(), [chosen, second, first]);
    await held.commit(placed(2, 'w1'));
    const placedAs = { sentAs: 'epochone0000.92', vouched: { env: 'w1' } };
    const got = { ...second, client: 'w1', bootId: 'boot-of-w1', ...placedAs };
    same(await held.store.find([{ id, client: '#2' }]), [got]);
    same(await held.store.find([{ id, client: 'w1' }]), [got]);
    same(
      await held.store.find([
        { id: got.sentAs, client: 'w1' },
        { id: got.sentAs, client: 'w2' },
      ]),
      [got],
    );
    same(await held.store.find([{ id, client: '#1' }]), [first]);
    same(await held.names(), ['1/w9', '1/w1', '1/#1']);
    same(await held.names({ client: 'w1' }), ['1/w1']);
    same((await held.store.info()).jobs, 3);
  }),

  rule('a place gets one client, and a client one job of a submission', async (place) => {
    await using held = await HeldStore.open(place);
    await held.commit(submitted(submission, chosen, first, second));
    await held.commit(placed(1, 'w1'), placed(1, 'w2'), placed(2, 'w1'), placed(2, 'w9'), placed(3, 'w3'));
    same(await held.names(), ['1/w9', '1/w1', '1/#2']);
    await held.commit(placed(1, 'w4'));
    same(await held.names(), ['1/w9', '1/w1', '1/#2']);
  }),

  rule('what a place becomes in one batch is the same as in several', async (place) => {
    await using held = await HeldStore.open(place);
    const output = outputOf('done');
    await held.commit(
      submitted(submission, first, second),
      { type: 'cancel-requested', job: keyOf(second) },
      placed(1, 'w1'),
      { type: 'bound', job: { id, client: 'w1' }, bootId: 'second-boot' },
      settled({ id, client: 'w1' }, { output, isLast: false }),
      placed(2, 'w2'),
    );
    const [one, other] = await Promise.all(['w1', 'w2'].map((client) => held.store.find([{ id, client }])));
    same([one?.[0]?.bootId, one?.[0]?.settlement?.outcome, one?.[0]?.place], ['second-boot', 'completed', 1]);
    same([other?.[0]?.bootId, other?.[0]?.cancelRequested, other?.[0]?.place], ['boot-of-w2', true, 2]);
    same(
      [await held.store.output({ id, client: '#1' }), await held.store.output({ id, client: 'w1' })],
      [output, output],
    );
  }),

  rule(
    'a job that its client knows under another id is found by that, also when only that client needs it',
    async (place) => {
      await using held = await HeldStore.open(place);
      const at = { name: 'w1', bootId: 'boot-of-w1', named: true, seenAtMs: startMs };
      const sent = { ...first, client: 'w1', bootId: 'boot-of-w1', sentAs: 'epochone0000.95' };
      const key = { id: 'epochone0000.95', client: 'w1' };
      await held.commit({ type: 'client', client: at }, submitted(submission, sent));
      same([await held.store.find([key]), await held.store.find([{ id, client: '#1' }])], [[sent], [sent]]);
      await held.commit(settled({ id, client: 'w1' }, { outcome: 'lost' }));
      await held.store.prune({ settledBeforeMs: startMs * 2, maxBytes: 2 ** 40 });
      const [left] = await held.store.find([key]);
      same([left?.submission.id, left?.sentAs, left?.settlement?.outcome], [id, key.id, 'lost']);
      same(await held.names(), []);
    },
  ),

  rule(
    'one of a batch is found by the id under which it was sent, also when another process has taken it up',
    async (place) => {
      await using held = await HeldStore.open(place);
      const batched = submissionOf(2, { batch: { size: 1, maxFailures: undefined, failures: 0 } });
      const job = { id: batched.id, client: 'w1' };
      const sentAs = 'epochone0000.93';
      await held.commit(submitted(batched, jobOf(batched, 'w1')));
      await held.commit({ type: 'bound', job, bootId: 'boot-of-w1', sentAs });
      await held.commit({ type: 'bound', job, bootId: 'second-boot' });
      const bound = jobOf(batched, 'w1', { bootId: 'second-boot', sentAs });
      same([await held.store.find([job]), await held.store.find([{ id: sentAs, client: 'w1' }])], [[bound], [bound]]);
    },
  ),

  rule('a place that has ended gets no client', async (place) => {
    await using held = await HeldStore.open(place);
    await held.commit(submitted(submission, first), settled(keyOf(first), { outcome: 'expired' }), placed(1, 'w1'));
    same(await held.names(), ['1/#1']);
    same((await held.store.find([{ id, client: '#1' }]))[0]?.settlement?.outcome, 'expired');
    await held.store.prune({ settledBeforeMs: startMs * 2, maxBytes: 2 ** 40 });
    same([await held.store.find([keyOf(first)]), (await held.store.info()).jobs], [[], 0]);
  }),

  durableRule(
    'the next holder gets places that wait with what they wait for, and those that have clients',
    async (place) => {
      {
        await using held = await HeldStore.open(place);
        await held.commit(submitted(submission, first, second));
        await held.commit(placed(1, 'w1'));
      }
      await using store = await place.open();
      const { unsettled } = await store.take(holderOf('epochtwo0000'));
      const placedAs = { sentAs: 'epochone0000.91', vouched: { env: 'w1' } };
      same(unsettled, [second, { ...first, client: 'w1', bootId: 'boot-of-w1', ...placedAs }]);
      same(unsettled[0]?.submission.targets, ['web-*+env=prod', 'db']);
      await store.commit({ number: 1, changes: [placed(2, 'w2')] });
      same((await store.find([{ id, client: '#2' }]))[0]?.client, 'w2');
    },
  ),

  durableRule('an export has places with their numbers', async (place) => {
    if (!place.openOther) return;
    await using held = await HeldStore.open(place);
    await held.commit(submitted(submission, first, second), placed(2, 'w1'));
    await using other = await place.openOther();
    if (!held.store.transfer || !other.transfer) return;
    await other.transfer.import(held.store.transfer.export());
    same((await other.find([{ id, client: '#2' }]))[0]?.client, 'w1');
    same(await other.find([{ id, client: '#1' }]), [first]);
  }),
];
