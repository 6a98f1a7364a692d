import { z } from 'zod';
import { addLatency, type Latencies, merged, quantile } from './latencies.ts';

/** Results of one period. */
export const bucketSchema = z.strictObject({
  fromMs: z.number(),
  ok: z.number(),
  bad: z.number(),
  /** Of results that are ok. */
  latencies: z.array(z.tuple([z.number(), z.number()])),
});

export type Bucket = Readonly<Omit<z.output<typeof bucketSchema>, 'latencies'>> & { readonly latencies: Latencies };

/** The results of a check in buckets, one list for each window. */
export type Series = Readonly<Record<WindowName, readonly Bucket[]>>;
export type WindowName = '1h' | '24h' | '30d';

/** Each window moves on by one of its buckets at a time. */
export const windows: Readonly<Record<WindowName, { readonly ms: number; readonly bucketMs: number }>> = {
  '1h': { ms: 3_600_000, bucketMs: 300_000 },
  '24h': { ms: 86_400_000, bucketMs: 3_600_000 },
  '30d': { ms: 30 * 86_400_000, bucketMs: 86_400_000 },
};

export const windowNames = Object.keys(windows) as WindowName[];

export const noSeries: Series = { '1h': [], '24h': [], '30d': [] };

/** A result with its time. */
interface Counted {
  readonly atMs: number;
  readonly ok: boolean;
  readonly totalMs: number;
}

export function addResult(series: Series, result: Counted): Series {
  const add = (name: WindowName) => addTo(series[name], result, name);
  return { '1h': add('1h'), '24h': add('24h'), '30d': add('30d') };
}

function addTo(buckets: readonly Bucket[], result: Counted, name: WindowName): readonly Bucket[] {
  const { bucketMs } = windows[name];
  const fromMs = Math.floor(result.atMs / bucketMs) * bucketMs;
  const kept = buckets.filter((bucket) => bucket.fromMs !== fromMs && !isOutside(bucket, name, result.atMs));
  const { ok, bad, latencies } = buckets.find((bucket) => bucket.fromMs === fromMs) ?? { ok: 0, bad: 0, latencies: [] };
  const bucket: Bucket = result.ok
    ? { fromMs, ok: ok + 1, bad, latencies: addLatency(latencies, result.totalMs) }
    : { fromMs, ok, bad: bad + 1, latencies };
  return [...kept, bucket];
}

/** Buckets that begin at or before this time lie outside the window. */
const oldestOf = (name: WindowName, nowMs: number): number => nowMs - windows[name].ms - windows[name].bucketMs;

/** Summary of a window. */
export interface Summary {
  readonly results: number;
  /** Share of results that are ok, from 0 to 1. */
  readonly uptime: number | null;
  /** In ms, of results that are ok. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** Whether a bucket has left its window, or is from a clock that was later set back. */
export const isOutside = ({ fromMs }: Bucket, name: WindowName, nowMs: number): boolean =>
  fromMs <= oldestOf(name, nowMs) || fromMs > nowMs + windows[name].ms;

export function summaryOf(series: Series, name: WindowName, nowMs: number): Summary {
  const buckets = series[name].filter((bucket) => !isOutside(bucket, name, nowMs));
  const ok = buckets.reduce((sum, bucket) => sum + bucket.ok, 0);
  const results = ok + buckets.reduce((sum, bucket) => sum + bucket.bad, 0);
  const latencies = merged(buckets.map((bucket) => bucket.latencies));
  const at = (share: number) => {
    const ms = quantile(latencies, share);
    return ms === undefined ? null : Math.round(ms * 10) / 10;
  };
  return { results, uptime: results === 0 ? null : ok / results, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}
