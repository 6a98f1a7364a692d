import { limits } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { Jobs } from './jobs.ts';

const shortestMs = 1_000;
const longestMs = 60_000;

/**
 * Periodically forgets outcomes for other stores that have been held for `forgetAfterMs`, until `signal` aborts.
 * @param onForgotten receives their number.
 */
export function startForgetting(
  jobs: Jobs,
  forgetAfterMs = limits.forgetAfterMs,
  { signal, onForgotten }: { readonly signal: AbortSignal; readonly onForgotten: (outcomes: number) => void },
): void {
  const everyMs = Math.max(shortestMs, Math.min(longestMs, forgetAfterMs));
  const timer = setInterval(() => {
    const outcomes = jobs.tick(monotonicMs());
    if (outcomes > 0) onForgotten(outcomes);
  }, everyMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
