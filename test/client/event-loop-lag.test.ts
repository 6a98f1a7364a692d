import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { takeEventLoopLagMs } from '../../src/client/event-loop-lag.ts';

test('the lag is how long the event loop was blocked since the last call', async () => {
  takeEventLoopLagMs();
  await setTimeout(100);
  const untilMs = performance.now() + 400;
  while (performance.now() < untilMs);
  await setTimeout(1);
  expect(takeEventLoopLagMs()).toBeGreaterThan(250);
  expect(takeEventLoopLagMs()).toBe(0);
});
