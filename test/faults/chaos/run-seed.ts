import { setTimeout as passing } from 'node:timers/promises';
import { createRandom, type Random } from '../../support/random.ts';
import { checkHistory } from './check.ts';
import { chooseFault, type Fault, lineFaults, processFaults } from './faults.ts';
import type { History } from './history.ts';
import { Typist } from './typist.ts';
import type { Violation } from './violation.ts';
import { World, type WorldOptions } from './world.ts';

/** The minimum number of commands of a run: one to eight clients counts as eight. */
const commandsWanted = 2_000;

export interface Run {
  readonly seed: number;
  readonly tookMs: number;
  readonly history: History;
  /** The number of faults of each kind. */
  readonly faults: ReadonlyMap<string, number>;
  readonly violations: readonly Violation[];
}

/**
 * One run: a script, faults of the lines and faults of the processes, concurrently. Each is a sequence that follows
 * from the seed alone; their interleaving depends on the machine.
 */
export async function runSeed(seed: number, options: WorldOptions = {}): Promise<Run> {
  const beganMs = performance.now();
  const random = createRandom(seed);
  const [forScript, forLines, forProcesses] = [0, 1, 2].map(() => createRandom(random.int(0, 2 ** 32 - 1)));
  if (!forScript || !forLines || !forProcesses) throw new Error('a random is missing');
  const world = await World.open(options);
  await using _ending = world;
  world.startServer(world.names.length);
  const faults = new Map<string, number>();
  let enough = false;

  const typist = new Typist(world, forScript);
  const stuck: Violation[] = [];
  const note = (error: unknown) => {
    enough = true;
    stuck.push({ rule: 'stuck', what: error instanceof Error ? error.message : String(error) });
  };
  const make = async (fault: Fault, own: Random) => {
    faults.set(fault.kind, (faults.get(fault.kind) ?? 0) + 1);
    await fault.run(world, own);
  };
  const makeTrouble = async (kinds: readonly Fault[], own: Random, maxPauseMs: number) => {
    while (!enough) {
      await passing(own.int(0, maxPauseMs));
      const fault = chooseFault(kinds, own);
      if (fault && !enough) await make(fault, own);
    }
    // Every run has a kill of each side.
    for (const fault of kinds) {
      if (fault.kind.endsWith(' kill') && !faults.has(fault.kind) && stuck.length === 0) await make(fault, own);
    }
  };
  let troubled = true;
  await typist.typeBatch().catch(note);
  const trouble = Promise.all([
    makeTrouble(lineFaults, forLines, 700).catch(note),
    makeTrouble(processFaults, forProcesses, 2_000).catch(note),
  ]).finally(() => {
    troubled = false;
  });
  // A fault that has started may wait for an effect of the script, so the script continues until the last fault is
  // over.
  while (troubled) {
    await typist.typeBatch().catch(note);
    enough ||= world.commands >= commandsWanted;
  }
  await trouble;
  const history = await world.finish();
  return {
    seed,
    tookMs: performance.now() - beganMs,
    history,
    faults,
    violations: [...stuck, ...checkHistory(history)],
  };
}
