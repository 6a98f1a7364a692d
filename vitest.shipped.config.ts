import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ownState } from './test/support/own-state.ts';

export default defineConfig({
  test: {
    // As in vitest.config.ts: programs are started from source.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)), ...ownState },
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
          globalSetup: 'test/shipped/build-images.ts',
          // They share the engine and the names of the images.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'engine',
          include: ['test/engine/**/*.engine.ts'],
          globalSetup: 'test/engine/set-up.ts',
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
