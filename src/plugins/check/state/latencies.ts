/**
 * Times in bins, each 5 % wider than the previous one, so that few numbers suffice for quantiles of many hours; after Masson, Rim and Lee,
 * "DDSketch" (2019). The error of a quantile is at most 2.5 %.
 */
export type Latencies = readonly (readonly [bin: number, count: number])[];

const growth = Math.log(1.05);

/** Bins start at 0.1 ms. */
export const binOf = (ms: number): number => Math.max(0, Math.round(Math.log(Math.max(ms, 0.1) / 0.1) / growth));

const middleOf = (bin: number): number => 0.1 * Math.exp(bin * growth);

export function addLatency(latencies: Latencies, ms: number): Latencies {
  return merged([latencies, [[binOf(ms), 1]]]);
}

export function merged(all: readonly Latencies[]): Latencies {
  const counts = new Map<number, number>();
  for (const [bin, count] of all.flat()) counts.set(bin, (counts.get(bin) ?? 0) + count);
  return [...counts].sort(([one], [other]) => one - other);
}

/** In ms; undefined without values. @param share from 0 to 1 */
export function quantile(latencies: Latencies, share: number): number | undefined {
  const total = latencies.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(total * share));
  let passed = 0;
  for (const [bin, count] of latencies) {
    passed += count;
    if (passed >= rank) return middleOf(bin);
  }
  return undefined;
}
