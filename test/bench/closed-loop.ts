import { quantile } from '../faults/quantile.ts';

/** Keeps so many commands outstanding for a while: each answer lets the next one go. */
export async function closedLoop(
  ask: (done: () => void) => void,
  { outstanding, forMs }: { outstanding: number; forMs: number },
): Promise<{ perSecond: number; p50Us: number; p99Us: number }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const tookMs: number[] = [];
  const beganMs = performance.now();
  let left = outstanding;
  const next = () => {
    const sentMs = performance.now();
    ask(() => {
      const nowMs = performance.now();
      tookMs.push(nowMs - sentMs);
      if (nowMs - beganMs < forMs) next();
      else if (--left === 0) resolve();
    });
  };
  for (let index = 0; index < outstanding; index += 1) next();
  await promise;
  const perSecond = tookMs.length / ((performance.now() - beganMs) / 1_000);
  return { perSecond, p50Us: quantile(tookMs, 0.5) * 1_000, p99Us: quantile(tookMs, 0.99) * 1_000 };
}
