import { setTimeout as passing } from 'node:timers/promises';
import type { Random } from '../../support/random.ts';
import type { ChecksScene } from './checks-scene.ts';
import type { KilledProcess } from './killed-process.ts';

interface Killed {
  down(signal: 'SIGKILL'): Promise<void>;
  up(): Promise<void>;
}

/**
 * Kills broker and database twice each, and writers and clients meanwhile: first at the worst moments, then at random.
 */
export async function breakAll(scene: ChecksScene, random: Random, ms: number): Promise<void> {
  const { broker, cluster, clients, writers, watched } = scene;
  const endMs = performance.now() + ms;

  async function once(part: Killed): Promise<void> {
    await passing(random.int(0, Math.max(0, endMs - performance.now()) / 4));
    await part.down('SIGKILL');
    await passing(random.int(0, Math.min(ms / 10, 20_000)));
    await part.up();
  }

  async function untilTheEnd(
    lastMs: number,
    processes: readonly KilledProcess[],
    up: (one: KilledProcess) => unknown,
  ): Promise<void> {
    const longestMs = Math.min(ms / 5, 20_000);
    for (;;) {
      await passing(random.int(0, longestMs));
      const one = processes[random.int(0, processes.length - 1)];
      if (!one || performance.now() > lastMs) return;
      await one.kill();
      await passing(random.int(0, 2_000));
      await up(one);
    }
  }

  await Promise.all([
    killAmidBatches(scene, random).then(() =>
      Promise.all([
        once(broker),
        once(cluster),
        // Kafka reassigns the partitions of a killed writer after 15 s; the effects of later kills are only awaited.
        untilTheEnd(endMs - 12_000, writers, (writer) => writer.up()),
      ]),
    ),
    untilTheEnd(endMs - 3_000, clients, async (client) => {
      const areRunning = watched.untilAllCheckedBy(client.name);
      client.up();
      await areRunning;
    }),
  ]);
  await passing(Math.max(0, endMs - performance.now()));
}

/**
 * The database goes down while both writers hold results; one of them is killed, and the other can store its results
 * but not commit them.
 */
async function killAmidBatches({ broker, cluster, writers }: ChecksScene, random: Random): Promise<void> {
  await passing(random.int(0, 2_000));
  const [killed, other] = random.int(0, 1) === 0 ? writers : writers.toReversed();
  if (!killed || !other) throw new Error('there are no two writers');
  const hold = Promise.all([killed, other].map((writer) => writer.says('database failing')));
  await cluster.down('SIGKILL');
  await hold;
  const cannotCommit = other.says('broker failing');
  await Promise.all([killed.kill(), broker.down('SIGKILL')]);
  await cluster.up();
  await cannotCommit;
  await broker.up();
  killed.up();
}
