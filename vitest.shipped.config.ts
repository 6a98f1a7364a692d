import { defineConfig } from 'vitest/config';
import { ownState } from './test/support/own-state.ts';

export default defineConfig({
  test: {
    env: ownState,
    include: ['test/shipped/**/*.shipped.ts'],
    globalSetup: 'test/shipped/build-images.ts',
    pool: 'forks',
    // They share the engine and the names of the images.
    fileParallelism: false,
    // Compose may build once more, with another builder.
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});
