import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import type { StorePlace } from '../contenders/commander.ts';
import type { Plan } from '../plan.ts';
import { openPrograms } from '../programs/open-programs.ts';
import { Samples, type Who } from '../report/rows.ts';
import type { Pair } from '../worker.ts';
import { fillStore } from './fill-store.ts';
import { createFleetKeys } from './fleet-keys.ts';

/**
 * The cost of a store: the same commands with each of them. Then the cost for the server of deleting half of a large
 * one.
 */
export async function measureStores(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const keys = stack.use(createFleetKeys());
  const open = async (store?: StorePlace) =>
    (await openPrograms(stack, { count: 1, keys, ...(store && { store }) })).pair;
  const file = (name: string) => join(folder, `${name}.db`);
  const servers = new Map<Who, Pair>([
    ['memory', await open()],
    ['sqlite', await open({ address: file('normal') })],
    ['sqliteFull', await open({ address: file('full'), sync: 'full' })],
  ]);
  if (!noPostgres) {
    // It waits for its disk at each commit, as by default.
    const cluster = stack.use(await PostgresCluster.start(['fsync = on', 'shared_buffers = 128MB']));
    servers.set('postgres', await open({ address: cluster.place() }));
  }
  for (let round = -1; round < plan.rounds; round += 1) {
    for (const outstanding of plan.storeOutstanding) {
      for (const [who, pair] of servers) {
        await exchange(pair, who, { outstanding, forMs: plan.exchangeMs }, round < 0 ? new Samples() : samples);
      }
    }
  }
  const keepBytes = (await fillStore(file('large'), plan.storedJobs)) / 2;
  const large = await open({ address: file('large'), keepBytes });
  await large.order({ type: 'lag', forMs: plan.exchangeMs });
  addLag(await large.order({ type: 'lag', forMs: plan.lagMs }), 'sqlite');
  addLag(await large.order({ type: 'prune' }), 'pruning');

  function addLag({ ms = 0, p50Us = 0, p99Us = 0, lagP99Ms = 0, lagMaxMs = 0 }: Figures, who: Who): void {
    samples.addAll({ lagP99: lagP99Ms, lagMax: lagMaxMs, prunedP50: p50Us, prunedP99: p99Us }, plan.storedJobs, who);
    if (who === 'pruning') samples.add('prune', plan.storedJobs, who, ms / 1_000);
  }
}

type Figures = Awaited<ReturnType<Pair['order']>>;

async function exchange(
  pair: Pair,
  who: Who,
  load: { readonly outstanding: number; readonly forMs: number },
  samples: Samples,
): Promise<void> {
  const { perSecond = 0, p50Us = 0, p99Us = 0, ...cpu } = await pair.order({ type: 'exchange', ...load });
  const { outstanding } = load;
  // With thousands outstanding it shows the throughput again.
  if (outstanding <= 64) samples.addAll({ storeP50: p50Us, storeP99: p99Us }, outstanding, who);
  if (outstanding === 1) return;
  const { cpuUs = 0, mainUs = 0, workersUs = 0 } = cpu;
  samples.addAll({ storeRate: perSecond, storeCpu: cpuUs, storeMain: mainUs }, outstanding, who);
  if (workersUs > 0) samples.add('storeThread', outstanding, who, workersUs);
}
