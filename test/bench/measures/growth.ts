import { setTimeout as passing } from 'node:timers/promises';
import { limits } from '../../../schemas/limits.ts';
import { freePort } from '../../support/free-port.ts';
import { residentBytes } from '../../support/process-stat.ts';
import { NatsServer, natsVersion } from '../contenders/nats-server.ts';
import type { Plan } from '../plan.ts';
import { openPrograms } from '../programs/open-programs.ts';
import type { Samples } from '../report/rows.ts';
import { Pair } from '../worker.ts';
import { createFleetKeys } from './fleet-keys.ts';

/** A contender's server and its one client. */
interface Duo {
  readonly who: 'raw' | 'signalbox' | 'nats';
  readonly pair: Pair;
  readonly clientPid: number;
}

const outstanding = 64;
const mebibyte = 2 ** 20;

/**
 * Memory in RAM of both processes after many commands, compared with that before the first. Nothing forces garbage
 * collection. Each round has a new pair of processes; all of them settle at once.
 */
export async function measureGrowth(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const keys = stack.use(createFleetKeys());
  const duos: Duo[] = [];
  for (let round = 0; round < plan.growthRounds; round += 1) {
    duos.push(await openFork(stack, 'raw', await freePort()));
    const { pair, clients } = await openPrograms(stack, { count: 1, keys });
    duos.push({ who: 'signalbox', pair, clientPid: clients[0]?.pid ?? Number.NaN });
    if (natsVersion() !== undefined) {
      duos.push(await openFork(stack, 'nats', stack.use(await NatsServer.start()).port));
    }
  }
  await passing(plan.settleMs);
  const idle = duos.map(memoryOf);
  const histories: number[] = [];
  for (const { who, pair } of duos) histories.push(await sendAll(pair, who, plan.commands));
  await passing(plan.settleMs);
  for (const [index, duo] of duos.entries()) {
    const before = idle[index] ?? memoryOf(duo);
    const after = memoryOf(duo);
    const history = histories[index] ?? 0;
    const figures = {
      clientIdle: before.client / mebibyte,
      clientUsed: after.client / mebibyte,
      clientGrowth: after.client / before.client,
      serverIdle: before.server / mebibyte,
      serverUsed: after.server / mebibyte,
      ...(duo.who === 'signalbox' && { serverHistory: history / mebibyte }),
      serverGrowth: (after.server - history) / before.server,
    };
    samples.addAll(figures, plan.commands, duo.who);
  }
}

async function openFork(stack: AsyncDisposableStack, kind: 'raw' | 'nats', port: number): Promise<Duo> {
  const pair = stack.use(await Pair.open(kind, { port }));
  await pair.grow(1);
  return { who: kind, pair, clientPid: pair.clientPids[0] ?? Number.NaN };
}

/**
 * @returns how many bytes a server keeps deliberately: the size that a full history adds to the objects that it
 * references.
 */
async function sendAll(pair: Pair, who: Duo['who'], commands: number): Promise<number> {
  const send = (count: number) => pair.order({ type: 'send', command: 'ping', outstanding, count });
  if (who !== 'signalbox') {
    await send(commands);
    return 0;
  }
  const filling = Math.min(limits.maxSettledJobs, commands / 2);
  const { bytes: empty = 0 } = await pair.order({ type: 'live' });
  await send(filling);
  const { bytes: full = 0 } = await pair.order({ type: 'live' });
  await send(commands - filling);
  return Math.max(0, full - empty);
}

const memoryOf = ({ pair, clientPid }: Duo) => ({
  client: residentBytes(clientPid),
  server: residentBytes(pair.pid),
});
