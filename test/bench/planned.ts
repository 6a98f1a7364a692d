import type { Plan } from './plan.ts';
import type { Result } from './report/result.ts';
import type { Row } from './report/rows.ts';

/** The measures of a run by this plan, if these programs are installed. */
export function planned(plan: Plan, { nats, postgres, clush, docker }: Result['run']): string[] {
  const peers = nats === undefined ? [] : ['nats'];
  const contenders = ['raw', 'batched', 'signalbox', 'keyless', 'grpc', ...peers];
  const fleets = ['raw', 'signalbox', 'keyless'];
  const apart = ['raw', 'signalbox', ...peers];
  const programs = ['node', 'source', 'dist'];
  const clients = ['bare', 'signalbox'];
  const stores = ['memory', 'sqlite', 'sqliteFull', ...(postgres === undefined ? [] : ['postgres'])];
  const of = (measure: string, ats: readonly number[], whos: readonly string[]) =>
    ats.flatMap((at) => whos.map((who) => `${measure} ${at} ${who}`));
  return [
    ...of('p50', [1], contenders),
    ...of('p99', [1], contenders),
    ...of('rate', plan.outstanding, contenders),
    ...of('cpu', plan.outstanding, contenders),
    ...of('broadcast', plan.clients, fleets),
    ...of('heartbeats', plan.clients, fleets),
    ...of('memory', plan.clients.slice(-1), fleets),
    ...of('gather', [plan.processes], apart),
    ...['client', 'server'].flatMap((side) => [
      ...of(`${side}Idle`, [plan.commands], apart),
      ...of(`${side}Used`, [plan.commands], apart),
      ...of(`${side}Growth`, [plan.commands], apart),
    ]),
    ...of('serverHistory', [plan.commands], ['signalbox']),
    ...of('processes', [plan.processes], clients),
    ...of('pss', [plan.processes], clients),
    ...of('run', [1], clients),
    ...of('start', [1], programs),
    ...of('help', [1], programs),
    ...of('script', [1], ['pipe', 'attach', 'attached']),
    ...['attach', 'attachCpu'].flatMap((measure) => of(measure, [plan.processes], clush ? ['clush', 'dist'] : [])),
    ...['container', 'containerCpu'].flatMap((measure) => of(measure, [8], docker ? ['docker', 'signalbox'] : [])),
    ...['containerLag', 'containerLagMax'].flatMap((measure) =>
      of(measure, [plan.runningContainers], docker ? ['empty', 'signalbox'] : []),
    ),
    ...of('codec', plan.frames, ['json', 'signalbox']),
    ...of('storeP50', [1, 64], stores),
    ...of('storeP99', [1, 64], stores),
    ...['storeRate', 'storeCpu', 'storeMain'].flatMap((measure) => of(measure, [64, 4_096], stores)),
    ...of('storeThread', [64, 4_096], ['sqlite', 'sqliteFull']),
    ...['lagP99', 'lagMax', 'prunedP50', 'prunedP99'].flatMap((measure) =>
      of(measure, [plan.storedJobs], ['sqlite', 'pruning']),
    ),
    ...of('prune', [plan.storedJobs], ['pruning']),
  ].toSorted();
}

export const measured = (rows: readonly Row[]) =>
  rows.map(({ measure, at, who }) => `${measure} ${at} ${who}`).toSorted();
