import { defineConfig } from 'vitest/config';
import { compileCache } from './test/support/compile-cache.ts';
import { ownState } from './test/support/own-state.ts';

export default defineConfig({
  test: {
    env: { ...compileCache, ...ownState },
    pool: 'forks',
    // Compose may build once more, with another builder.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'shipped',
          include: ['test/shipped/**/*.shipped.ts'],
          globalSetup: ['test/support/compile-cache.ts', 'test/shipped/build-images.ts'],
          // They share the engine and the names of the images.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'engine',
          include: ['test/engine/**/*.engine.ts'],
          globalSetup: ['test/support/compile-cache.ts', 'test/engine/set-up.ts'],
          // They mostly wait for the engine, and each test removes what it has made, and nothing else.
          maxWorkers: 6,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
