import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'vitest';
import { HeldStore, pagesOf, same } from '../../src/store/contract/held-store.ts';
import { jobOf, keyOf, outputOf, startMs, submissionOf } from '../../src/store/contract/samples.ts';
import type { JobStore } from '../../src/store/job-store.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Change, StoredClient, StoredJob, StoredJobFilter, StoredJobKey } from '../../src/store/stored-job.ts';
import { newFolder } from '../support/new-folder.ts';

const clients = ['w1', 'w2', 'w3'];
const commands = ['run', 'ping', 'calculate'];
const outcomes = ['completed', 'failed', 'lost', 'rejected'] as const;

/** Makes a change to the current contents. */
type Step = (world: World) => Change | undefined;

const step = (facts: object, make: Step): Step =>
  Object.assign(make, { [fc.toStringMethod]: () => JSON.stringify(facts) });

const submit: fc.Arbitrary<Step> = fc
  .record({
    to: fc.subarray(clients, { minLength: 1 }),
    behind: fc.constantFrom(1, 1, 1, 1, 2, 100, 300),
    command: fc.constantFrom(...commands),
    actor: fc.constantFrom(undefined, 'ada', 'bob'),
    kind: fc.constantFrom<'data' | 'control'>('data', 'control'),
    isUsual: fc.boolean(),
    isOwn: fc.constantFrom(true, true, true, false),
    lateByMs: fc.integer({ min: -50, max: 50 }),
    bootId: fc.constantFrom(undefined, 'boot0', 'boot1'),
  })
  .map((asked) =>
    step(asked, (world) => {
      const { to, behind, isUsual, isOwn, lateByMs, bootId, ...facts } = asked;
      world.number += behind;
      const { number } = world;
      // Two clients can list one job of another store.
      const id = isOwn ? `${world.epoch}.${number}` : `ofanotherone.${Math.floor(world.keys.length / 2)}`;
      const fresh = to.filter((client) => !world.keys.some((key) => key.id === id && key.client === client));
      const redacted = isUsual ? { redacted: undefined } : {};
      const submission = submissionOf(number, {
        ...facts,
        ...redacted,
        id,
        submittedAtMs: startMs + number - lateByMs,
      });
      world.keys.push(...fresh.map((client) => ({ id, client })));
      return { type: 'submitted', submission, jobs: fresh.map((client) => jobOf(submission, client, { bootId })) };
    }),
  );

const ofJob = (type: Change['type'], change: (job: StoredJobKey, place: number) => Change): fc.Arbitrary<Step> =>
  fc.nat().map((place) =>
    step({ type, place }, ({ keys }) => {
      const job = keys[place % keys.length];
      return job && change(job, place);
    }),
  );

const steps = fc.oneof(
  { weight: 5, arbitrary: submit },
  {
    weight: 5,
    arbitrary: ofJob('settled', (job, place) => ({
      ...{ type: 'settled', job, isLast: false, atMs: startMs + (place % 1_000) },
      settlement: { outcome: outcomes[place % 4] ?? 'lost' },
      output: outputOf(place % 3 === 0 ? 'some' : ''),
    })),
  },
  ofJob('late', (job) => ({ type: 'late', job, settlement: { outcome: 'completed' }, output: outputOf('late') })),
  ofJob('bound', (job) => ({ type: 'bound', job, bootId: 'boot1' })),
  ofJob('cancel-requested', (job) => ({ type: 'cancel-requested', job })),
  fc
    .record({ name: fc.constantFrom(...clients), bootId: fc.constantFrom('boot0', 'boot1') })
    .map((facts) => step(facts, () => ({ type: 'client', client: { ...facts, named: true, seenAtMs: 1 } }))),
);

const batches = fc.array(
  fc.record({
    steps: fc.array(steps, { maxLength: 15 }),
    next: fc.constantFrom('nothing', 'nothing', 'nothing', 'next holder', 'next holder', 'prune some', 'prune all'),
  }),
  { maxLength: 25 },
);

const filters: readonly StoredJobFilter[] = [
  {},
  ...clients.map((client) => ({ client })),
  ...commands.map((command) => ({ command })),
  ...['ada', 'bob'].map((actor) => ({ actor })),
  ...outcomes.map((outcome) => ({ outcomes: [outcome] })),
  { unsettled: true },
  { unsettled: true, client: 'w2' },
  { outcomes: ['completed', 'lost'], client: 'w1' },
  { sinceMs: startMs + 40 },
  { sinceMs: startMs + 300, command: 'run' },
  { kind: 'control', actor: 'ada' },
];

/** The same changes to a store in a file, and to one in memory, which has no indexes. */
class World {
  number = 0;
  readonly keys: StoredJobKey[] = [];
  private readonly memory = createMemoryStore();
  private readonly path = join(newFolder(), 'store.db');
  private epochs = 0;
  private held: readonly HeldStore[] = [];

  get epoch(): string {
    return `epochnumber${this.epochs}`;
  }

  async nextHolder(): Promise<void> {
    await this.close();
    this.epochs += 1;
    // It continues with its current contents.
    const memory: JobStore = Object.assign(Object.create(this.memory), { [Symbol.asyncDispose]: async () => {} });
    const opens = [async () => memory, () => openSqliteStore({ path: this.path })];
    this.held = await Promise.all(opens.map((open) => HeldStore.open({ open }, this.epoch)));
    await this.compare((_store, { taken }) => [taken.unsettled, [...taken.clients].sort(byName)]);
  }

  async commit(changes: readonly Change[]): Promise<void> {
    for (const held of this.held) await held.commit(...changes);
  }

  async prune(settledBeforeMs: number): Promise<void> {
    for (const { store } of this.held) while ((await store.prune({ settledBeforeMs, maxBytes: 2 ** 40 })) > 0);
  }

  async look(): Promise<void> {
    for (const filter of filters) await this.compare(async (store) => [filter, await pagesOf(store, filter, 20)]);
    // The store may decide when the remains of a pruned job are deleted.
    const listed = (await pagesOf(this.memory, {}, 1_000)).flat().map(keyOf);
    await this.compare(async (store) => [...(await store.find(listed))].sort(byKey));
    await this.compare((store) => Promise.all(listed.map((key) => store.output(key))));
  }

  async close(): Promise<void> {
    for (const held of this.held) await held[Symbol.asyncDispose]();
  }

  private async compare(of: (store: JobStore, held: HeldStore) => unknown): Promise<void> {
    const [memory, file] = await Promise.all(this.held.map(async (held) => await of(held.store, held)));
    same(file, memory);
  }
}

const byName = (one: StoredClient, other: StoredClient): number => (one.name < other.name ? -1 : 1);
const nameOf = ({ submission, client }: StoredJob): string => `${submission.id}/${client}/${submission.number}`;
const byKey = (one: StoredJob, other: StoredJob): number => (nameOf(one) < nameOf(other) ? -1 : 1);

test('after any commits, takeovers and deletions a file shows the same as memory', async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      const world = new World();
      await world.nextHolder();
      for (const { steps, next } of all) {
        await world.commit(steps.flatMap((step) => step(world) ?? []));
        if (next === 'next holder') await world.nextHolder();
        else if (next.startsWith('prune')) await world.prune(startMs + (next === 'prune some' ? 300 : 2_000));
        if (next !== 'nothing') await world.look();
      }
      await world.look();
      await world.close();
    }),
    { numRuns: 8 },
  );
});
