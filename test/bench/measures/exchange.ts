import { freePort } from '../../support/free-port.ts';
import type { ContenderName } from '../contenders/contenders.ts';
import { NatsServer, natsVersion } from '../contenders/nats-server.ts';
import type { Plan } from '../plan.ts';
import { openPrograms } from '../programs/open-programs.ts';
import { Samples, type Who } from '../report/rows.ts';
import { Pair } from '../worker.ts';
import { createFleetKeys } from './fleet-keys.ts';

/** One client, commanded as fast as it answers. */
export async function measureExchange(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const keys = stack.use(createFleetKeys());
  const nats = natsVersion() === undefined ? undefined : stack.use(await NatsServer.start());
  const openForks = async (who: ContenderName, port?: number) => {
    const pair = stack.use(await Pair.open(who, { port: port ?? (await freePort()) }));
    await pair.grow(1);
    return { who, pair };
  };
  const contenders: { readonly who: Who; readonly pair: Pair }[] = [
    ...(await Promise.all([openForks('raw'), openForks('batched')])),
    { who: 'signalbox', ...(await openPrograms(stack, { count: 1, keys })) },
    { who: 'keyless', ...(await openPrograms(stack, { count: 1 })) },
    await openForks('grpc'),
    ...(nats ? [await openForks('nats', nats.port)] : []),
  ];
  // Contenders alternate, so that disturbances of the machine affect all equally. The first round warms up.
  for (let round = -1; round < plan.rounds; round += 1) {
    for (const outstanding of plan.outstanding) {
      for (const { who, pair } of contenders) {
        await exchange(pair, who, { outstanding, forMs: plan.exchangeMs }, round < 0 ? new Samples() : samples);
      }
    }
  }
}

async function exchange(
  pair: Pair,
  who: Who,
  load: { readonly outstanding: number; readonly forMs: number },
  samples: Samples,
): Promise<void> {
  const { perSecond = 0, p50Us = 0, p99Us = 0, cpuUs = 0 } = await pair.order({ type: 'exchange', ...load });
  samples.add('rate', load.outstanding, who, perSecond);
  samples.add('cpu', load.outstanding, who, cpuUs);
  if (load.outstanding > 1) return;
  samples.add('p50', 1, who, p50Us);
  samples.add('p99', 1, who, p99Us);
}
