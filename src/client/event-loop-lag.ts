import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 50;
let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;

/**
 * The longest time in ms that this process's event loop was late since the last call. All clients in a process share one
 * event loop and so this one meter.
 */
export function takeEventLoopLagMs(): number {
  if (!histogram) {
    histogram = monitorEventLoopDelay({ resolution: resolutionMs });
    histogram.enable();
  }
  const lagMs = histogram.count === 0 ? 0 : Math.max(0, histogram.max / 1e6 - resolutionMs);
  histogram.reset();
  return Math.round(lagMs);
}
