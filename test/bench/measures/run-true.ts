import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../plan.ts';
import { openPrograms } from '../programs/open-programs.ts';
import { treeSeconds } from '../programs/process-tree.ts';
import { Samples } from '../report/rows.ts';
import { createFleetKeys } from './fleet-keys.ts';

/** The system counts processor time in ticks of 10 ms. */
const tickMs = 10;

/** Processor time of the whole client, its programs included, compared with a Node that starts the programs itself. */
export async function measureRun(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const keys = stack.use(createFleetKeys());
  const { pair, clients } = await openPrograms(stack, { count: 1, keys });
  const bare = fork(fileURLToPath(new URL('../programs/run-true.ts', import.meta.url)));
  stack.defer(() => bare.disconnect());
  const works = {
    bare: async () => {
      bare.send(plan.runs);
      await once(bare, 'message');
    },
    signalbox: () => pair.order({ type: 'send', command: 'run', outstanding: 1, count: plan.runs }),
  };
  const pids = { bare: bare.pid ?? Number.NaN, signalbox: clients[0]?.pid ?? Number.NaN };
  for (let round = -1; round < plan.rounds; round += 1) {
    for (const who of ['bare', 'signalbox'] as const) {
      const before = treeSeconds(pids[who]);
      await works[who]();
      const ms = Math.max(tickMs, (treeSeconds(pids[who]) - before) * 1_000) / plan.runs;
      (round < 0 ? new Samples() : samples).add('run', 1, who, ms);
    }
  }
}
