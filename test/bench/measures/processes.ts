import { setTimeout as passing } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';
import { NatsServer, natsVersion } from '../contenders/nats-server.ts';
import type { Plan } from '../plan.ts';
import { type Child, idleNode } from '../programs/child.ts';
import { openPrograms } from '../programs/open-programs.ts';
import { treeOf, treePssBytes } from '../programs/process-tree.ts';
import { Samples, type Who } from '../report/rows.ts';
import { Pair } from '../worker.ts';
import { createFleetKeys } from './fleet-keys.ts';

/** For the messages that the last contender sends after its answers: acknowledgements, heartbeats. */
const calmMs = 40;

/** Some clients, each in its own process: their memory before their first command, then commands to all. */
export async function measureProcesses(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  await weighNodes(plan, samples);
  const keys = stack.use(createFleetKeys());
  const signalbox = await openPrograms(stack, { count: plan.processes, keys });
  await passing(plan.settleMs);
  weigh(signalbox.clients, 'signalbox', samples);
  const pairs = new Map<Who, Pair>([
    ['raw', await openForks(stack, 'raw', await freePort(), plan.processes)],
    ['signalbox', signalbox.pair],
  ]);
  if (natsVersion() !== undefined) {
    const { port } = stack.use(await NatsServer.start());
    pairs.set('nats', await openForks(stack, 'nats', port, plan.processes));
  }
  for (let round = -1; round < plan.gatherRounds; round += 1) {
    for (const [who, pair] of pairs) {
      await passing(calmMs);
      const { ms = 0 } = await pair.order({ type: 'gather' });
      (round < 0 ? new Samples() : samples).add('gather', plan.processes, who, ms);
    }
  }
}

/**
 * The same number of idle Node processes. They end before the clients start, because a page counts by the number of
 * processes that share it.
 */
async function weighNodes(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const nodes = Array.from({ length: plan.processes }, () => stack.use(idleNode()));
  await passing(plan.settleMs);
  weigh(nodes, 'bare', samples);
}

function weigh(programs: readonly Child[], who: Who, samples: Samples): void {
  for (const { pid } of programs) {
    samples.addAll({ processes: treeOf(pid).length, pss: treePssBytes(pid) / 1e6 }, programs.length, who);
  }
}

async function openForks(stack: AsyncDisposableStack, kind: 'raw' | 'nats', port: number, count: number) {
  const pair = stack.use(await Pair.open(kind, { port, together: 1 }));
  await pair.grow(count);
  return pair;
}
