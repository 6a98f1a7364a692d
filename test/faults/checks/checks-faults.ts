import { setTimeout as passing } from 'node:timers/promises';
import type { Random } from '../../support/random.ts';
import type { ChecksScene } from './checks-scene.ts';

interface Killed {
  down(signal: 'SIGKILL'): Promise<void>;
  up(): Promise<void>;
}

/** Kills broker and database twice each, writers and clients for as long as that takes, all at random and at the same time. */
export async function breakAll(scene: ChecksScene, random: Random, ms: number): Promise<void> {
  const { broker, cluster, clients, writers, watched } = scene;
  const endMs = performance.now() + ms;

  async function twice(part: Killed): Promise<void> {
    for (const partEndMs of [endMs - ms / 2, endMs]) {
      await passing(random.int(0, ms / 5));
      await part.down('SIGKILL');
      await passing(random.int(0, Math.min(ms / 10, 20_000)));
      await part.up();
      await passing(Math.max(0, partEndMs - performance.now()));
    }
  }

  async function untilTheEnd(lastMs: number, fault: () => Promise<void>): Promise<void> {
    const longestMs = Math.min(ms / 5, 20_000);
    for (;;) {
      await passing(random.int(0, longestMs));
      if (performance.now() > lastMs) return;
      await fault();
    }
  }

  await Promise.all([
    twice(broker),
    twice(cluster),
    // Kafka gives the partitions of a writer that was killed to another one after 15 s: what is killed later is only waited for.
    untilTheEnd(endMs - 12_000, async () => {
      const writer = writers[random.int(0, writers.length - 1)];
      await writer?.kill();
      await passing(random.int(0, 2_000));
      writer?.up();
    }),
    untilTheEnd(endMs - 3_000, async () => {
      const client = clients[random.int(0, clients.length - 1)];
      if (!client) return;
      await client.kill();
      await passing(random.int(0, 2_000));
      const areRunning = watched.untilAllCheckedBy(client.name);
      client.up();
      await areRunning;
    }),
  ]);
}
