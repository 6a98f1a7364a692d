import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The zeromq addon aborts the whole process when a worker thread that uses it is terminated.
    pool: 'forks',
    // Most of it waits for processes: one fewer than the processors, the default, would leave a laptop idle.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
