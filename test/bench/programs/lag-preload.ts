// Preloaded into a program: measures the lag of its event loop between two messages of the process that forked it.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const lag = monitorEventLoopDelay({ resolution: 1 });
process.on('message', (message) => {
  if (message === 'begin') {
    lag.reset();
    lag.enable();
    return;
  }
  lag.disable();
  process.send?.({ p99Ms: lag.percentile(99) / 1e6, maxMs: lag.max / 1e6 });
});
process.once('disconnect', () => process.exit());
