import { freePort } from '../../support/free-port.ts';
import type { ContenderName } from '../contenders/contenders.ts';
import { NatsServer, natsVersion } from '../contenders/nats-server.ts';
import type { Plan } from '../plan.ts';
import { Samples, type Who } from '../report/rows.ts';
import { Pair, type PairOptions } from '../worker.ts';
import { createFleetKeys } from './fleet-keys.ts';

/** One client, commanded as fast as it answers. */
export async function measureExchange(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const keys = stack.use(createFleetKeys());
  const nats = natsVersion() === undefined ? undefined : stack.use(await NatsServer.start());
  const open = async (who: Who, kind: ContenderName, options: Partial<PairOptions> = {}) => {
    const pair = stack.use(await Pair.open(kind, { port: await freePort(), ...options }));
    await pair.grow(1);
    return { who, pair };
  };
  const contenders = await Promise.all([
    open('raw', 'raw'),
    open('batched', 'batched'),
    open('signalbox', 'signalbox', { keys }),
    open('keyless', 'signalbox'),
    open('grpc', 'grpc'),
    ...(nats ? [open('nats', 'nats', { port: nats.port })] : []),
  ]);
  // Of each contender one after the other, so that what disturbs the machine hits all alike. The first round warms up.
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
