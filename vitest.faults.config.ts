import { defineConfig } from 'vitest/config';
import { ownState } from './test/support/own-state.ts';

export default defineConfig({
  test: {
    env: ownState,
    include: ['test/faults/**/*.faults.ts'],
    pool: 'forks',
    // Faults are judged by the clock: one at a time.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 30_000,
  },
});
