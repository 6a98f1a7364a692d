import { expect } from 'vitest';
import type { PresenceStore } from '../../../src/plugins/presence/store/presence-store.ts';
import { NotedSpan } from './noted-span.ts';

/** A clock that is moved by hand, next to the running one. */
export class MovedClock {
  aheadMs = 0;
  readonly now = (): number => performance.now() + this.aheadMs;
}

/** Opens a store; all of them share their sightings. */
export type Open = () => Promise<PresenceStore>;

interface Case {
  readonly title: string;
  /** @param clock of the sightings. */
  run(open: Open, clock: MovedClock): Promise<void>;
}

/** The behaviour of each presence store. */
export const storeCases: readonly Case[] = [
  {
    title: 'counts each user once, however often it is seen',
    async run(open, { now }) {
      await using store = await open();
      expect(await store.count()).toBe(0);
      await store.put([]);
      const users = ['ann', 'bob', '__proto__', "x'; DROP TABLE online_users --", 'ANN'].sort();
      for (let times = 0; times < 3; times += 1) await store.put(users.map((userId) => ({ userId, atMs: now() })));
      expect(await store.count()).toBe(5);
    },
  },
  {
    title: 'counts who was seen in the last 180 s, whenever it hears of that',
    async run(open, { now }) {
      await using store = await open();
      const seen = (userId: string, agoMs: number) => ({ userId, atMs: now() - agoMs });
      await store.put([
        seen('at-once', 0),
        seen('gone', 180_000),
        seen('long-ago', 86_400_000),
        seen('recent', 120_000),
      ]);
      expect(await store.count()).toBe(2);
      await store.put([seen('gone', 60_000)]);
      expect(await store.count()).toBe(3);
    },
  },
  {
    title: 'keeps the newest time at which a user was seen',
    async run(open, { now }) {
      await using store = await open();
      await store.put([{ userId: 'ann', atMs: now() }]);
      await store.put([{ userId: 'ann', atMs: now() - 500_000 }]);
      expect(await store.count()).toBe(1);
    },
  },
  {
    title: 'forgets nobody who is counted',
    async run(open, { now }) {
      await using store = await open();
      await store.put([
        { userId: 'ann', atMs: now() },
        { userId: 'gone', atMs: now() - 200_000 },
      ]);
      await store.prune();
      expect(await store.count()).toBe(1);
      await store.put([{ userId: 'gone', atMs: now() }]);
      expect(await store.count()).toBe(2);
    },
  },
  {
    title: 'links a traced count to the newest batch that was traced',
    async run(open, { now }) {
      await using store = await open();
      const put = (batch?: NotedSpan) => store.put([{ userId: 'ann', atMs: now() }], batch);
      const linked = async () => {
        const asked = new NotedSpan(7);
        await store.count(asked);
        return asked.links;
      };
      await put();
      expect(await linked()).toEqual([]);
      await put(new NotedSpan(1));
      const batch = new NotedSpan(2);
      await put(batch);
      await put(new NotedSpan(3, { isSampled: false }));
      expect(await linked()).toEqual([batch.traceparent]);
      await store.count();
    },
  },
  {
    title: 'takes more users than fit into one statement',
    async run(open, { now }) {
      await using store = await open();
      const atMs = now();
      const ids = Array.from({ length: 12_345 }, (_, at) => `user-${String(at).padStart(5, '0')}`);
      await store.put(ids.map((userId) => ({ userId, atMs })));
      expect(await store.count()).toBe(12_345);
    },
  },
];
