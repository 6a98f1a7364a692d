import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LoggedEvent } from '../../src/jobs/events.ts';
import { Keeper } from '../../src/notify/keeper.ts';
import { Kept } from '../../src/notify/kept.ts';
import { Ledger } from '../../src/notify/ledger.ts';
import { type Message, messageSchema } from '../../src/notify/message.ts';
import { notesOf } from '../../src/notify/note.ts';
import { createRules } from '../../src/notify/rule.ts';
import type { Collection } from '../../src/store/collection.ts';
import { createMemoryCollections } from '../../src/store/memory/memory-collection.ts';

const rules = createRules(
  [
    { on: ['job.settled'], outcome: ['failed', 'lost'], to: ['a'], groupBy: ['command'], groupWait: '10s' },
    { on: ['job.settled'], to: ['a', 'b'], groupWait: '0s', groupInterval: '1m' },
    { on: ['job.settled'], outcome: ['failed'], to: ['b'], after: 3, groupWait: '5s' },
  ],
  new Map(),
);

const settled = (seq: number, [command, client, outcome]: readonly [string, string, 'completed' | 'failed' | 'lost']) =>
  ({ type: 'job.settled', seq, atMs: seq, id: `b-${seq}`, number: seq, command, client, outcome }) as LoggedEvent;

/** A store whose server dies at a write: earlier writes are kept. */
class Store {
  left = Number.POSITIVE_INFINITY;
  private readonly collections = createMemoryCollections();

  readonly collection = <Value>(name: string): Collection<Value> => {
    const inner = this.collections<Value>(name);
    const write = <Result>(work: () => Promise<Result>): Promise<Result> => {
      if (this.left <= 0) return Promise.reject(new Error('dead'));
      this.left -= 1;
      return work();
    };
    return {
      ...inner,
      get: (key) => inner.get(key),
      list: (limit, after) => inner.list(limit, after),
      putIfAbsent: (key, value, indexed) => write(() => inner.putIfAbsent(key, value, indexed)),
      compareAndSet: (key, version, value, indexed) => write(() => inner.compareAndSet(key, version, value, indexed)),
      compareAndDelete: (key, version) => write(() => inner.compareAndDelete(key, version)),
    };
  };
}

/** One server, from the state of the store to its end. */
async function live(store: Store, log: readonly LoggedEvent[], steps: readonly number[], bodies: Map<string, string>) {
  const kept = new Kept<Message>(store.collection<Message>('messages'));
  const known = new Map<string, Message>();
  for await (const [key, value] of kept.load()) known.set(key, messageSchema.parse(value));
  let nowMs = 1_000_000 + known.size * 1_000;
  const ledger = new Ledger({ now: () => nowMs, labelsOf: () => ({}), isSilenced: () => false });
  const keeper = new Keeper(store.collection, ledger);
  let position = (await keeper.load(known.values())) ?? 0;
  ledger.replace(rules);
  const turn = async () => {
    await keeper.freeze(nowMs, {
      included: async () => [],
      async store(message) {
        if (known.has(message.id)) return;
        await kept.put(message.id, message);
        known.set(message.id, message);
        expect(bodies.get(message.id) ?? message.body).toBe(message.body);
        bodies.set(message.id, message.body);
      },
    });
    await keeper.save(position, { nowMs });
  };
  try {
    for (const step of steps) {
      for (const event of log.slice(position, position + step)) {
        for (const note of notesOf(event)) ledger.take(note);
        position = event.seq;
      }
      nowMs += step * 4_000;
      await turn();
    }
    for (const event of log.slice(position)) {
      for (const note of notesOf(event)) ledger.take(note);
      position = event.seq;
    }
    for (; ledger.nextDueMs(nowMs) < Number.POSITIVE_INFINITY; ) {
      nowMs = Math.max(nowMs, ledger.nextDueMs(nowMs));
      await turn();
    }
    return known;
  } catch (error) {
    if (error instanceof Error && error.message === 'dead') return undefined;
    throw error;
  }
}

const eventArbitrary = fc.tuple(
  fc.constantFrom('run', 'grep'),
  fc.constantFrom('w1', 'w2'),
  fc.constantFrom('completed' as const, 'failed' as const, 'lost' as const),
);

test('wherever servers die, each event is in one message of each rule, and reported successions are the same', async () => {
  const lives = fc.array(
    fc.tuple(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }), fc.integer({ min: 0, max: 30 })),
    {
      maxLength: 6,
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(eventArbitrary, { maxLength: 60 }), lives, async (given, deaths) => {
      const log = given.map((one, at) => settled(at + 1, one));
      const store = new Store();
      const bodies = new Map<string, string>();
      for (const [steps, writes] of deaths) {
        store.left = writes;
        await live(store, log, steps, bodies);
      }
      store.left = Number.POSITIVE_INFINITY;
      const told = [...((await live(store, log, [], bodies)) ?? new Map()).values()];
      const count = (rule: number, state?: string) =>
        told
          .map(({ body }) => JSON.parse(body).data)
          .filter((data) => data.rule === rule && data.state === state)
          .reduce((sum, data) => sum + data.count, 0);
      const bad = log.filter((event) => event.type === 'job.settled' && event.outcome !== 'completed');
      expect([count(1), count(2)]).toEqual([bad.length, log.length]);
      expect([count(3, 'opened'), count(3, 'closed')]).toEqual(successions(given));
    }),
    { numRuns: 300 },
  );
});

/** How often a command on a client reached three failures in succession, and recovered. */
function successions(events: readonly (readonly [string, string, string])[]): [opened: number, closed: number] {
  const failures = new Map<string, number>();
  let [opened, closed] = [0, 0];
  for (const [command, client, outcome] of events) {
    const key = `${command} ${client}`;
    const before = failures.get(key) ?? 0;
    if (outcome === 'failed') {
      failures.set(key, before + 1);
      if (before + 1 === 3) opened += 1;
    } else if (outcome === 'completed') {
      if (before >= 3) closed += 1;
      failures.set(key, 0);
    }
  }
  return [opened, closed];
}
