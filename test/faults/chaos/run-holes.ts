import { setTimeout as passing } from 'node:timers/promises';
import { createRandom } from '../../support/random.ts';
import { checkHistory } from './check.ts';
import { holeLines } from './hole-script.ts';
import { holes, progress, startServer } from './holes.ts';
import type { Run } from './run-seed.ts';
import type { StoreKind } from './store-place.ts';
import { until } from './until.ts';
import type { Violation } from './violation.ts';
import { World } from './world.ts';

const names = ['w1', 'w2', 'w3'];
const startMs = 60_000;

/** One hole, or two of them in a row. */
export function runHoles(seed: number, { store }: { store: StoreKind }): Promise<Run> {
  const random = createRandom(seed);
  const [, second, isPair] = [random.next(), random.int(0, holes.length - 1), random.int(1, 4) === 1];
  // Each kind in turn: a few seeds cover all of them.
  const chosen = [seed % holes.length, ...(isPair ? [second] : [])];
  return runWorld(seed, store, async (world, faults) => {
    startServer(world);
    for (const place of chosen) {
      const hole = holes[place];
      if (!hole) continue;
      faults.set(hole.kind, (faults.get(hole.kind) ?? 0) + 1);
      await hole.run(world, random);
    }
  });
}

/** Kills a server at random instants this many times in a row; its clients survive. */
export function runKills(seed: number, { store, rounds }: { store: StoreKind; rounds: number }): Promise<Run> {
  const random = createRandom(seed);
  return runWorld(seed, store, async (world, faults) => {
    for (let round = 0; round < rounds; round += 1) {
      startServer(world);
      const { server } = world;
      // Sometimes before it listens.
      if (server && random.int(1, 8) > 1) {
        await until('a client', () => server.log.lines.some(({ type }) => type === 'client'), startMs);
        server.type(...holeLines(world, random, 100));
        await progress(world, random, 80);
      } else await passing(random.int(0, 1_500));
      await world.killServer();
      faults.set('server kill', (faults.get('server kill') ?? 0) + 1);
    }
    startServer(world);
  });
}

async function runWorld(
  seed: number,
  store: StoreKind,
  act: (world: World, faults: Map<string, number>) => Promise<void>,
): Promise<Run> {
  const beganMs = performance.now();
  const faults = new Map<string, number>();
  const stuck: Violation[] = [];
  await using world = await World.open({ store, names });
  await act(world, faults).catch((error) => {
    stuck.push({ rule: 'stuck', what: error instanceof Error ? error.message : String(error) });
  });
  const history = await world.finish();
  const violations = [...stuck, ...checkHistory(history)];
  return { seed, tookMs: performance.now() - beganMs, history, faults, violations };
}
