import { z } from 'zod';
import { quantile } from '../../faults/quantile.ts';

const whoSchema = z.enum([
  'raw',
  'batched',
  'grpc',
  'nats',
  'signalbox',
  'keyless',
  'json',
  'bare',
  'node',
  'clush',
  'source',
  'dist',
  'memory',
  'sqlite',
  'sqliteFull',
  'postgres',
  'pruning',
  'pipe',
  'attach',
  'attached',
  'docker',
  'empty',
  'untold',
  'failuresTold',
  'told',
]);
export type Who = z.infer<typeof whoSchema>;
/** In display order. */
const measureSchema = z.enum([
  'p50',
  'p99',
  'rate',
  'cpu',
  'broadcast',
  'memory',
  'heartbeats',
  'gather',
  'clientIdle',
  'clientUsed',
  'clientGrowth',
  'serverIdle',
  'serverUsed',
  'serverHistory',
  'serverGrowth',
  'processes',
  'pss',
  'run',
  'start',
  'help',
  'attach',
  'attachCpu',
  'codec',
  'storeRate',
  'storeP50',
  'storeP99',
  'storeCpu',
  'storeMain',
  'storeThread',
  'lagP99',
  'lagMax',
  'prunedP50',
  'prunedP99',
  'prune',
  'script',
  'container',
  'containerCpu',
  'containerLag',
  'containerLagMax',
  'notifyRate',
  'notifyP50',
  'notifyP99',
  'notifyCpu',
]);
export type Measure = z.infer<typeof measureSchema>;

/** One figure: the median of its rounds, and the median of its ratios to the baseline, round by round. */
export const rowSchema = z.strictObject({
  measure: measureSchema,
  /** Commands outstanding, clients, or messages in a frame: what `measure` has. */
  at: z.number(),
  who: whoSchema,
  value: z.number(),
  ratio: z.number(),
  rounds: z.int(),
});
export type Row = z.infer<typeof rowSchema>;

/** The baseline of a measure, in the same round of the same run. Default: raw ZeroMQ. */
const baselines: Readonly<Partial<Record<Measure, Who>>> = {
  // No other contender has one.
  serverHistory: 'signalbox',
  processes: 'bare',
  pss: 'bare',
  run: 'bare',
  codec: 'json',
  start: 'node',
  help: 'node',
  attach: 'clush',
  attachCpu: 'clush',
  storeRate: 'memory',
  storeP50: 'memory',
  storeP99: 'memory',
  storeCpu: 'memory',
  storeMain: 'memory',
  storeThread: 'sqlite',
  lagP99: 'sqlite',
  lagMax: 'sqlite',
  prunedP50: 'sqlite',
  prunedP99: 'sqlite',
  prune: 'pruning',
  script: 'pipe',
  container: 'docker',
  containerCpu: 'docker',
  containerLag: 'empty',
  containerLagMax: 'empty',
  notifyRate: 'untold',
  notifyP50: 'untold',
  notifyP99: 'untold',
  notifyCpu: 'untold',
};

/** What has been measured so far, round by round. */
export class Samples {
  private readonly series = new Map<string, { measure: Measure; at: number; who: Who; values: number[] }>();

  add(measure: Measure, at: number, who: Who, value: number): void {
    const key = keyOf(measure, at, who);
    const series = this.series.get(key) ?? { measure, at, who, values: [] };
    series.values.push(value);
    this.series.set(key, series);
  }

  addAll(values: Readonly<Partial<Record<Measure, number>>>, at: number, who: Who): void {
    for (const measure of measureSchema.options) {
      const value = values[measure];
      if (value !== undefined) this.add(measure, at, who, value);
    }
  }

  rows(): Row[] {
    const order = measureSchema.options;
    const sorted = [...this.series.values()].sort((a, b) => order.indexOf(a.measure) - order.indexOf(b.measure));
    return sorted.map(({ measure, at, who, values }) => {
      const base = this.series.get(keyOf(measure, at, baselines[measure] ?? 'raw'))?.values ?? [];
      const ratios = values.map((value, round) => value / (base[round] ?? Number.NaN));
      return {
        measure,
        at,
        who,
        value: rounded(median(values)),
        ratio: rounded(median(ratios)),
        rounds: values.length,
      };
    });
  }
}

const keyOf = (measure: Measure, at: number, who: Who): string => `${measure} ${at} ${who}`;
const median = (values: readonly number[]): number => quantile(values, 0.5);
const rounded = (value: number): number => Number(value.toPrecision(4));
