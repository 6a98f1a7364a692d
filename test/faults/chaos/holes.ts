import { setTimeout as passing } from 'node:timers/promises';
import type { Random } from '../../support/random.ts';
import { holeLines } from './hole-script.ts';
import type { StoreCopy } from './store-place.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

const startMs = 60_000;
const flags = ['--plugin', './test/faults/chaos/flood.ts'];

/** One way in which jobs were once forgotten or run twice. It leaves a server of the first store. */
export interface Hole {
  readonly kind: string;
  run(world: World, random: Random): Promise<void>;
}

export const holes: readonly Hole[] = [
  {
    kind: 'two servers',
    // Two servers in a row, and between them a client.
    async run(world, random) {
      await busyServer(world, random);
      await world.killServer();
      const names = someNames(world, random);
      const first = random.int(1, 2) === 1;
      if (first) await killClients(world, names);
      startServer(world);
      await passing(random.int(0, 2_500));
      await world.killServer();
      if (!first) await killClients(world, names);
      await restart(world, random, names);
    },
  },
  {
    kind: 'together',
    async run(world, random) {
      await busyServer(world, random);
      const names = someNames(world, random);
      await Promise.all([world.killServer(), killClients(world, names)]);
      await restart(world, random, names);
    },
  },
  {
    kind: 'older copy',
    async run(world, random) {
      const [name = ''] = someNames(world, random);
      const server = await busyServer(world, random);
      // Some commands wait in the copy and are sent after it was made.
      const waits = random.int(1, 3) > 1;
      if (waits) {
        world.line(name).freeze('up', 'down');
        server.type(`flood ${name} 300`, ...holeLines(random, [name], 3));
        await passing(random.int(50, 400));
      }
      const copy = world.copyStore();
      world.line(name).thaw();
      server.type(...holeLines(random, world.names, 10));
      await passing(random.int(50, 1_500));
      await putBack(world, random, copy, random.int(1, 2) === 1 ? [name] : someNames(world, random));
    },
  },
  {
    kind: 'another store',
    async run(world, random) {
      await busyServer(world, random);
      await world.killServer();
      startServer(world, 1);
      await busyServer(world, random);
      const names = random.int(1, 2) === 1 ? someNames(world, random) : [];
      await killClients(world, names);
      await world.killServer();
      if (random.int(1, 2) === 1) {
        startServer(world, 0);
        await busyServer(world, random);
        await world.killServer();
      }
      for (const one of names) world.startClient(one);
      startServer(world, 1);
      await world.finishServer();
      startServer(world, 0);
    },
  },
];

/** The server that is there, with lines to carry out, at some moment of it. */
async function busyServer(world: World, random: Random) {
  const { server } = world;
  if (!server) throw new Error('there is no server');
  await until('a client', () => server.log.lines.some(({ type }) => type === 'client'), startMs);
  server.type(...holeLines(random, world.names, random.int(5, 40)));
  await passing(random.int(0, 900));
  return server;
}

export const startServer = (world: World, store = 0): void => world.startServer(1, { store, flags });

async function putBack(world: World, random: Random, copy: StoreCopy | undefined, names: readonly string[]) {
  const also = random.int(1, 3) > 1 ? names : [];
  const first = random.int(1, 2) === 1;
  if (first) await killClients(world, also);
  await world.killServer();
  if (!first) await killClients(world, also);
  if (copy) world.putBack(copy);
  await restart(world, random, also);
}

async function restart(world: World, random: Random, names: readonly string[]): Promise<void> {
  const starts = [() => startServer(world), () => names.map((name) => world.startClient(name))];
  if (random.int(1, 2) === 1) starts.reverse();
  for (const start of starts) {
    start();
    await passing(random.int(0, 300));
  }
}

const killClients = async (world: World, names: readonly string[]): Promise<void> => {
  await Promise.all(names.map((name) => world.killClient(name)));
};

function someNames({ names }: World, random: Random): string[] {
  const chosen = names.filter(() => random.int(1, 2) === 1);
  return chosen.length > 0 ? chosen : names.slice(0, 1);
}
