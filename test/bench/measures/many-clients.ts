import { setTimeout as passing } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';
import type { Plan } from '../plan.ts';
import { Samples } from '../report/rows.ts';
import { Pair } from '../worker.ts';
import { createFleetKeys } from './fleet-keys.ts';

/** After a freeze a server has heartbeats to catch up with. */
const settleMs = 150;
/** The granularity of memory: a few clients may have added none. */
const pageBytes = 4_096;
const whos = ['raw', 'signalbox', 'keyless'] as const;
type Fleets = Readonly<Record<(typeof whos)[number], Pair>>;

/** Broadcasts to many clients, and the idle cost of that many. */
export async function measureManyClients(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const keys = stack.use(createFleetKeys());
  const open = async (...[kind, options]: Parameters<typeof Pair.open>) => stack.use(await Pair.open(kind, options));
  const [raw, signalbox, keyless] = await Promise.all([
    open('raw', { port: await freePort() }),
    open('signalbox', { port: await freePort(), keys }),
    open('signalbox', { port: await freePort() }),
  ]);
  const fleets = { raw, signalbox, keyless };
  let before = 0;
  for (const count of plan.clients) {
    const isLast = count === plan.clients.at(-1);
    for (const who of whos) {
      const kib = await grow(fleets[who], before, count);
      // Per thousands: a few would be lost in the noise of the heap.
      if (isLast) samples.add('memory', count, who, kib);
    }
    before = count;
    // All at once: disturbances of the machine affect all equally.
    for (let round = 0; round < plan.idleRounds; round += 1) {
      await Promise.all(whos.map((who) => beat(fleets, who, count, plan.idleMs, samples)));
    }
    for (let round = -1; round < plan.broadcastRounds; round += 1) {
      for (const who of whos) await broadcast(fleets, who, count, round < 0 ? new Samples() : samples);
    }
  }
}

/** @returns how many KiB each new client added to the commanding process. */
async function grow(fleet: Pair, before: number, count: number): Promise<number> {
  const { bytes: bytesBefore = 0 } = await fleet.order({ type: 'memory' });
  await fleet.grow(count);
  const { bytes = 0 } = await fleet.order({ type: 'memory' });
  return Math.max(pageBytes, bytes - bytesBefore) / (count - before) / 1_024;
}

async function beat(fleets: Fleets, who: keyof Fleets, count: number, forMs: number, samples: Samples): Promise<void> {
  const { share = 0 } = await fleets[who].order({ type: 'idle', forMs });
  samples.add('heartbeats', count, who, share * 100);
}

/** While the heartbeats of the others are stopped. Raw sockets have none. */
async function broadcast(fleets: Fleets, who: keyof Fleets, count: number, samples: Samples): Promise<void> {
  const others = whos.filter((other) => other !== who && other !== 'raw').map((other) => fleets[other]);
  for (const other of others) other.stop();
  await passing(settleMs);
  // On a machine that is busy enough to freeze itself, clients may have been given up and be reconnecting.
  await fleets[who].joined(count);
  const { ms = 0 } = await fleets[who].order({ type: 'gather' });
  samples.add('broadcast', count, who, ms);
  for (const other of others) other.cont();
}
