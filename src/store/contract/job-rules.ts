import { ok } from 'node:assert/strict';
import type { Settlement } from '../../jobs/settlement.ts';
import type { OutputRun } from '../../kept-output.ts';
import type { Change, StoredJob, StoredJobKey } from '../stored-job.ts';
import { HeldStore, same } from './held-store.ts';
import { holderOf, jobOf, keyOf, outputOf, settled, startMs, submissionOf, submitted } from './samples.ts';
import { rule, type StoreCase } from './store-case.ts';

/** Every kind of value in every field. */
const rich = submissionOf(1, {
  args: {
    text: 'é\u0000😀',
    list: [1, -2.5, null, true, [], {}],
    bytes: Buffer.from([0, 255]),
    deep: { a: { b: 2 ** 53 } },
  },
  auditedArgs: {},
  key: { key: 'deploy 7', askedHash: 'ab'.repeat(32) },
  expiresAtMs: startMs + 5_000,
  timeoutMs: 1.5,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  standing: true,
});
const plain = submissionOf(2, { command: 'stop', kind: 'control', actor: undefined, args: {} });

const settlements: readonly Settlement[] = [
  { outcome: 'completed', result: { lines: ['a'], bytes: Buffer.from('b') }, durationMs: 0.25 },
  { outcome: 'completed', result: null, durationMs: 0, lostOutput: { stdout: 7, stderr: 0 }, outputError: 'ENOSPC' },
  { outcome: 'failed', result: false, error: { code: 'command_failed', message: 'exit code 1' }, durationMs: 9 },
  { outcome: 'cancelled' },
];

export const jobRules: readonly StoreCase[] = [
  rule('a new store has nothing, and its first submission has the number 1', async (place) => {
    await using held = await HeldStore.open(place);
    const { nextNumber, unsettled, clients } = held.taken;
    same([nextNumber, unsettled, clients], [1, [], []]);
    same(await held.store.list({}, 10), { jobs: [], next: undefined });
    ok(held.store.id.length > 0);
  }),

  rule('each field of a submission and its jobs comes back as it was given', async (place) => {
    await using held = await HeldStore.open(place);
    const jobs = [
      jobOf(rich, 'w1'),
      jobOf(rich, 'w2', { bootId: 'boot', cancelRequested: true, vouched: { env: 'prod', site: 'eu-1' } }),
      jobOf(plain, 'w1', { bootId: 'boot', adopted: true, takenUp: true }),
    ];
    await held.commit(submitted(rich, ...jobs.slice(0, 2)), submitted(plain, ...jobs.slice(2)));
    for (const job of jobs) same(await held.store.find([keyOf(job)]), [job]);
    same(await held.all(), [...jobs.slice(2), ...jobs.slice(0, 2).reverse()]);
  }),

  rule(
    'so does the most usual submission, to one client and with nothing redacted, before and after its outcome',
    async (place) => {
      await using held = await HeldStore.open(place);
      const args = { argv: ['true'] };
      const usual = { args, auditedArgs: args, redacted: undefined };
      const bare = { args: {}, auditedArgs: {}, redacted: undefined, actor: undefined };
      const jobs = Array.from({ length: 40 }, (_, index) =>
        index % 3 === 0
          ? jobOf(submissionOf(index + 1, bare), 'w2')
          : jobOf(submissionOf(index + 1, usual), 'w1', {
              bootId: 'boot',
              ...(index % 5 === 1 && { vouched: { env: 'test' } }),
            }),
      );
      await held.commit(...jobs.map((job) => submitted(job.submission, job)));
      for (const job of jobs) same(await held.store.find([keyOf(job)]), [job]);
      await held.commit(...jobs.map((job) => settled(keyOf(job))));
      const found = await Promise.all(jobs.map((job) => held.store.find([keyOf(job)])));
      same(
        found.flat().map(({ submission, settlement }) => [submission, settlement?.outcome]),
        jobs.map(({ submission }) => [{ ...submission, args: {} }, 'completed']),
      );
    },
  ),

  rule('each kind of outcome comes back as it was given, with its output', async (place) => {
    await using held = await HeldStore.open(place);
    const output: readonly OutputRun[] = [
      { stream: 'stderr', offset: 40, data: Buffer.from([255, 0]) },
      { stream: 'stdout', offset: 0, data: Buffer.alloc(100_000, 'x') },
      { stream: 'stderr', offset: 42, data: Buffer.from('z') },
    ];
    for (const [place, settlement] of settlements.entries()) {
      const submission = submissionOf(place + 1);
      const job = jobOf(submission, 'w1', { bootId: 'boot' });
      await held.commit(submitted(submission, job), settled(keyOf(job), { settlement, atMs: 5, output }));
      const [found] = await held.store.find([keyOf(job)]);
      same(found, { ...job, submission: { ...submission, args: {} }, settledAtMs: 5, settlement });
      same(await held.store.output(keyOf(job)), output);
    }
  }),

  rule('a job is bound, asked to be cancelled, settled as lost, and gets its real outcome', async (place) => {
    await using held = await HeldStore.open(place);
    const submission = submissionOf(1);
    const job = keyOf(jobOf(submission, 'w1'));
    const now = async () => (await held.store.find([job]))[0];
    await held.commit(submitted(submission, jobOf(submission, 'w1')));
    await held.commit({ type: 'bound', job, bootId: 'boot' });
    same((await now())?.bootId, 'boot');
    await held.commit({ type: 'cancel-requested', job });
    same((await now())?.cancelRequested, true);
    const lost: Settlement = { outcome: 'lost', error: { code: 'lost', message: 'gone' } };
    await held.commit(settled(job, { settlement: lost, output: outputOf('half') }));
    const late: Settlement = { outcome: 'completed', result: 1, durationMs: 8 };
    await held.commit({ type: 'late', job, settlement: late, output: outputOf('whole') });
    const { settlement, ...rest } = (await now()) ?? jobOf(submission, 'none');
    same([settlement, rest.late], [lost, late]);
    same(await held.store.output(job), outputOf('whole'));
  }),

  rule('the first outcome stays, and only a lost job has a late one', async (place) => {
    await using held = await HeldStore.open(place);
    const submission = submissionOf(1);
    const job = keyOf(jobOf(submission, 'w1'));
    const failed: Settlement = { outcome: 'failed', durationMs: 1 };
    await held.commit(submitted(submission, jobOf(submission, 'w1', { bootId: 'boot' })));
    await held.commit({ type: 'late', job, settlement: failed, output: outputOf('early') });
    await held.commit(settled(job, { atMs: 1, output: outputOf('first') }));
    const before = await held.store.find([job]);
    await held.commit(settled(job, { settlement: failed, atMs: 2, output: outputOf('second') }));
    await held.commit({ type: 'late', job, settlement: failed, output: outputOf('third') });
    await held.commit({ type: 'bound', job, bootId: 'other' }, { type: 'cancel-requested', job });
    same(await held.store.find([job]), before);
    same([before[0]?.settlement?.outcome, before[0]?.late, before[0]?.bootId], ['completed', undefined, 'boot']);
    same(await held.store.output(job), outputOf('first'));
  }),

  rule(
    'changes of a job that is not there change nothing, and one that is there is not adopted again',
    async (place) => {
      await using held = await HeldStore.open(place);
      const first = submissionOf(1);
      const job = { id: 'elsewhere000.9', client: 'w1' };
      await held.commit(
        submitted(first, jobOf(first, 'w1')),
        { type: 'bound', job, bootId: 'boot' },
        { type: 'cancel-requested', job: { id: first.id, client: 'w2' } },
        settled(job, { output: outputOf('x') }),
        { type: 'late', job, settlement: { outcome: 'failed' }, output: outputOf('x') },
        { type: 'client-forgotten', name: 'nobody' },
        submitted(submissionOf(2, { id: first.id }), jobOf(submissionOf(2, { id: first.id }), 'w1', { adopted: true })),
      );
      same(await held.all(), [jobOf(first, 'w1')]);
      same(await held.store.output(job), []);
    },
  ),

  rule('a batch is kept with its failures so far, and those of its jobs that were sent to nobody', async (place) => {
    await using held = await HeldStore.open(place);
    const submission = submissionOf(1, { batch: { size: 2, maxFailures: 3, failures: 0 } });
    const other = submissionOf(2, { batch: { size: 1, maxFailures: undefined, failures: 0 } });
    const jobs = ['w1', 'w2', 'w3'].map((client) => jobOf(submission, client));
    const [one, two] = jobs.map(keyOf);
    if (!one || !two) return;
    const failed = { settlement: { outcome: 'failed' }, isLast: false } as const;
    const failures = (job: StoredJobKey, count: number): Change => ({
      ...{ type: 'batch', job },
      batch: { size: 2, maxFailures: 3, failures: count },
    });
    await held.commit(submitted(submission, ...jobs), submitted(other, jobOf(other, 'w1')));
    same(
      (await held.all()).map((job) => job.submission.batch?.failures),
      [0, 0, 0, 0],
    );
    await held.commit(
      ...[one, two].map((job): Change => ({ type: 'bound', job, bootId: 'boot' })),
      ...[settled(one, failed), failures(one, 1), settled(two, failed), failures(two, 2)],
      failures({ id: 'elsewhere000.9', client: 'w1' }, 3),
    );
    const { unsettled } = await held.store.take(holderOf('epochtwo0000'));
    same(
      unsettled.map((job) => [job.submission.number, job.client, job.bootId, job.submission.batch]),
      [
        [1, 'w3', undefined, { size: 2, maxFailures: 3, failures: 2 }],
        [2, 'w1', undefined, { size: 1, maxFailures: undefined, failures: 0 }],
      ],
    );
  }),

  rule('arguments are dropped with the last outcome of their submission', async (place) => {
    await using held = await HeldStore.open(place);
    const submission = submissionOf(1);
    const jobs = ['w1', 'w2'].map((client) => jobOf(submission, client, { bootId: 'boot' }));
    const [one, other] = jobs.map(keyOf);
    if (!one || !other) return;
    const args = async () => (await held.all()).map((job) => job.submission.args);
    await held.commit(submitted(submission, ...jobs), settled(one, { isLast: false }));
    same(await args(), [submission.args, submission.args]);
    await held.commit(settled(other, { isLast: true }));
    same(await args(), [{}, {}]);
  }),

  rule('two clients can have adopted a job of the same id: each has a submission of its own', async (place) => {
    await using held = await HeldStore.open(place);
    const adopt = (number: number, client: string): StoredJob =>
      jobOf(submissionOf(number, { id: 'elsewhere000.7', actor: undefined }), client, { adopted: true, bootId: 'b' });
    const jobs = [adopt(1, 'w1'), adopt(2, 'w2')];
    for (const job of jobs) await held.commit(submitted(job.submission, job));
    await held.commit(settled({ id: 'elsewhere000.7', client: 'w2' }));
    same(
      (await held.all()).map(({ client, settlement }) => [client, settlement?.outcome]),
      [
        ['w2', 'completed'],
        ['w1', undefined],
      ],
    );
    same((await held.store.find(jobs.map(keyOf))).length, 2);
  }),

  rule(
    'jobs that an older copy of the store had forgotten come back one by one: each keeps its own outcome',
    async (place) => {
      await using held = await HeldStore.open(place);
      const id = 'epochzero000.7';
      const job = (number: number, client: string): StoredJob =>
        jobOf(submissionOf(number, { id }), client, { bootId: 'b' });
      // The copy has one of three. The clients list the others.
      const jobs = [job(1, 'w1'), job(2, 'w2'), job(3, 'w3')];
      for (const one of jobs) await held.commit(submitted(one.submission, one));
      for (const one of jobs) await held.commit(settled(keyOf(one), { output: outputOf(one.client) }));
      same(
        (await held.all()).map(({ submission, client, settlement }) => [
          submission.number,
          client,
          settlement?.outcome,
        ]),
        [
          [3, 'w3', 'completed'],
          [2, 'w2', 'completed'],
          [1, 'w1', 'completed'],
        ],
      );
      for (const one of jobs) same(await held.store.output(keyOf(one)), outputOf(one.client));
      await held.commit(submitted(submissionOf(4, { id }), job(4, 'w2')));
      same((await held.all()).length, 3);
    },
  ),

  rule('thousands of jobs are found with one call, and what is not there is left out', async (place) => {
    await using held = await HeldStore.open(place);
    const submission = submissionOf(1);
    const jobs = Array.from({ length: 3_000 }, (_, at) => jobOf(submission, `w${at}`));
    await held.commit(submitted(submission, ...jobs));
    const asked = [...jobs.map(keyOf), { id: submission.id, client: 'other' }, { id: 'none', client: 'w1' }];
    const found = await held.store.find(asked);
    same(found.map(({ client }) => client).sort(), jobs.map(({ client }) => client).sort());
    same(await held.store.find([]), []);
  }),
];
