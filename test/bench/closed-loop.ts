import { quantile } from '../faults/quantile.ts';

/** Keeps so many commands outstanding for a while: each answer lets the next one go. */
export async function closedLoop(
  ask: (done: () => void) => void,
  { outstanding, forMs }: { outstanding: number; forMs: number },
): Promise<{ tookMs: number; perSecond: number; p50Us: number; p99Us: number }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const eachMs: number[] = [];
  const beganMs = performance.now();
  let left = outstanding;
  const next = () => {
    const sentMs = performance.now();
    ask(() => {
      const nowMs = performance.now();
      eachMs.push(nowMs - sentMs);
      if (nowMs - beganMs < forMs) next();
      else if (--left === 0) resolve();
    });
  };
  for (let index = 0; index < outstanding; index += 1) next();
  await promise;
  const tookMs = performance.now() - beganMs;
  const [p50Us, p99Us] = [quantile(eachMs, 0.5) * 1_000, quantile(eachMs, 0.99) * 1_000];
  return { tookMs, perSecond: eachMs.length / (tookMs / 1_000), p50Us, p99Us };
}
