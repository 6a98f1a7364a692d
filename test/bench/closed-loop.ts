import { quantile } from '../faults/quantile.ts';

type Ask = (done: () => void) => void;

/** Keeps this number of commands outstanding for a while: each answer releases the next one. */
export async function closedLoop(
  ask: Ask,
  { outstanding, ...until }: { outstanding: number } & ({ forMs: number } | { signal: AbortSignal }),
): Promise<{ tookMs: number; perSecond: number; p50Us: number; p99Us: number }> {
  const eachMs: number[] = [];
  const beganMs = performance.now();
  const timed = (done: () => void) => {
    const sentMs = performance.now();
    ask(() => {
      eachMs.push(performance.now() - sentMs);
      done();
    });
  };
  const goesOn = 'signal' in until ? () => !until.signal.aborted : () => performance.now() - beganMs < until.forMs;
  await loop(timed, outstanding, goesOn);
  const tookMs = performance.now() - beganMs;
  const [p50Us, p99Us] = [quantile(eachMs, 0.5) * 1_000, quantile(eachMs, 0.99) * 1_000];
  return { tookMs, perSecond: eachMs.length / (tookMs / 1_000), p50Us, p99Us };
}

/** The same for a number of commands. The bench keeps no data about them, so growth is that of the contender. */
export async function sendMany(ask: Ask, { outstanding, count }: { outstanding: number; count: number }) {
  let left = count - outstanding;
  await loop(ask, outstanding, () => {
    left -= 1;
    return left >= 0;
  });
}

async function loop(ask: Ask, outstanding: number, goesOn: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = outstanding;
  const next = () =>
    ask(() => {
      if (goesOn()) next();
      else {
        left -= 1;
        if (left === 0) resolve();
      }
    });
  for (let index = 0; index < outstanding; index += 1) next();
  await promise;
}
