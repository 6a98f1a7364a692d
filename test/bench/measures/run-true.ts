import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/free-port.ts';
import type { Plan } from '../plan.ts';
import { clientProgram } from '../programs/child.ts';
import { treeSeconds } from '../programs/process-tree.ts';
import { Samples } from '../report/rows.ts';
import { Pair } from '../worker.ts';
import { createFleetKeys } from './fleet-keys.ts';

/** The system counts processor time in ticks of 10 ms. */
const tickMs = 10;

/** Processor time of the whole client, its programs included, beside a Node that starts the programs itself. */
export async function measureRun(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const keys = stack.use(createFleetKeys());
  const port = await freePort();
  const pair = stack.use(await Pair.open('signalbox', { port, keys }));
  const client = stack.use(clientProgram({ port, name: 'w-1', credentials: keys.credentials }));
  await pair.joined(1);
  const bare = fork(fileURLToPath(new URL('../programs/run-true.ts', import.meta.url)));
  stack.defer(() => bare.disconnect());
  const works = {
    bare: async () => {
      bare.send(plan.runs);
      await once(bare, 'message');
    },
    signalbox: () => pair.order({ type: 'send', command: 'run', outstanding: 1, count: plan.runs }),
  };
  const pids = { bare: bare.pid ?? Number.NaN, signalbox: client.pid };
  for (let round = -1; round < plan.rounds; round += 1) {
    for (const who of ['bare', 'signalbox'] as const) {
      const before = treeSeconds(pids[who]);
      await works[who]();
      const ms = Math.max(tickMs, (treeSeconds(pids[who]) - before) * 1_000) / plan.runs;
      (round < 0 ? new Samples() : samples).add('run', 1, who, ms);
    }
  }
}
