import { setTimeout as passing } from 'node:timers/promises';
import type { ServerProgram } from '../../support/processes.ts';
import type { Random } from '../../support/random.ts';
import { isAccepted, isOffline } from '../matchers.ts';
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
    // Two servers in a row are killed, and between them a client.
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
      // Some commands wait in the copy and are sent after it was made: to a client that reads nothing, or is offline.
      const state = random.pick<'frozen' | 'away' | 'there'>(['frozen', 'away', 'away', 'there']);
      const [isFrozen, isAway] = [state === 'frozen', state === 'away'];
      // A line for a silent client waits for it, and so do the lines after it.
      if (isFrozen || isAway) await answers(server, `wait --clients ${world.names.length}`, 'use');
      if (isFrozen) world.line(name).freeze('up', 'down');
      if (isAway) {
        await killClients(world, [name]);
        await until('an end of its session', () => server.log.lines.some(isOffline), startMs);
      }
      if (isFrozen || isAway) {
        await answers(server, `flood ${name} ${isAway ? 30 : 300}`, 'use');
      }
      const copy = world.copyStore();
      world.line(name).thaw();
      const from = server.log.lines.length;
      if (isAway) world.startClient(name);
      server.type(...holeLines(world, random, 10));
      const isSent = () => server.log.lines.slice(from).some((line) => isAccepted(line) && line.client === name);
      if (isFrozen || isAway) await until('what waited is sent', isSent, startMs);
      await progress(world, random, isAway ? 60 : 20);
      await putBack(world, random, copy, random.int(1, 3) > 1 ? [name] : someNames(world, random));
    },
  },
  {
    kind: 'another store',
    async run(world, random) {
      await busyServer(world, random);
      await world.killServer();
      startServer(world, 1);
      await busyServer(world, random);
      // One survives: the next server waits for a client.
      const names = random.int(1, 2) === 1 ? someNames(world, random).slice(0, world.names.length - 1) : [];
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

/** The current server, with lines to carry out, at some moment. */
async function busyServer(world: World, random: Random) {
  const { server } = world;
  if (!server) throw new Error('there is no server');
  await until('a client', () => server.log.lines.some(({ type }) => type === 'client'), startMs);
  server.type(...holeLines(world, random, random.int(20, 60)));
  await progress(world, random, 60);
  return server;
}

/** Until these lines were carried out, the last of which prints something. */
async function answers(server: ServerProgram, ...lines: string[]): Promise<void> {
  const count = () => server.log.lines.filter(({ type }) => type === 'answer').length;
  const before = count();
  server.type(...lines);
  await until('an answer', () => count() > before, startMs);
}

/** Until a server has advanced by some commands, or is stuck: the time for that depends on the machine. */
export async function progress({ server }: World, random: Random, maxCommands: number): Promise<void> {
  const accepted = () => server?.log.lines.filter(isAccepted).length ?? 0;
  const wanted = accepted() + random.int(0, maxCommands);
  const untilMs = performance.now() + 3_000;
  while (accepted() < wanted && performance.now() < untilMs) await passing(5);
  await passing(random.int(0, 30));
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
