import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '../plan.ts';
import { openPrograms } from '../programs/open-programs.ts';
import type { Samples, Who } from '../report/rows.ts';
import type { Pair } from '../worker.ts';
import { createFleetKeys } from './fleet-keys.ts';

/**
 * The cost of notifications: the same commands without them, with three rules for failures, and with one of them that
 * reports each command.
 */
export async function measureNotify(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const keys = stack.use(createFleetKeys());
  const open = async (name: string, told?: 'failures' | 'everything') => {
    const store = { address: join(folder, `${name}.db`), ...(told && { told }) };
    return (await openPrograms(stack, { count: 1, keys, store })).pair;
  };
  const servers: readonly (readonly [Who, Pair])[] = [
    ['untold', await open('untold')],
    ['failuresTold', await open('failures', 'failures')],
    ['told', await open('everything', 'everything')],
  ];
  for (let round = -1; round < plan.rounds; round += 1) {
    for (const outstanding of plan.notifyOutstanding) {
      for (const [who, pair] of round % 2 === 0 ? servers : servers.toReversed()) {
        const load = { outstanding, forMs: plan.exchangeMs };
        const { perSecond = 0, p50Us = 0, p99Us = 0, cpuUs = 0 } = await pair.order({ type: 'exchange', ...load });
        if (round < 0) continue;
        const figures = { notifyRate: perSecond, notifyP50: p50Us, notifyP99: p99Us, notifyCpu: cpuUs };
        samples.addAll(figures, outstanding, who);
      }
    }
  }
}
