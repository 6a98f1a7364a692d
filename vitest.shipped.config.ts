import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
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
