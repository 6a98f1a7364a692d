import { defineConfig } from 'vitest/config';
import { compileCache } from './test/support/compile-cache.ts';
import { ownState } from './test/support/own-state.ts';

const faults = 'test/faults/**/*.faults.ts';
const chaos = 'test/faults/chaos/*.faults.ts';
/** They mostly wait: for the ends of silences, of jobs, of outages. */
const waiting =
  'test/faults/{**/{database-away,frozen-holder},blocked-client,broadcast,checks-to-kafka,cut-link,half-open,killed-*,late-server,left-presence,set-clock,soak,stopped}.faults.ts';

export default defineConfig({
  test: {
    env: { ...compileCache, ...ownState },
    globalSetup: 'test/support/compile-cache.ts',
    pool: 'forks',
    testTimeout: 120_000,
    // PostgreSQL makes a cluster in some of them.
    hookTimeout: 120_000,
    projects: [
      // The default: judged by the clock, or by what else the machine gets done meanwhile.
      {
        extends: true,
        test: {
          name: 'alone',
          include: [faults],
          exclude: [chaos, waiting],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: 'waiting', include: [waiting], maxWorkers: 5, sequence: { groupOrder: 2 } },
      },
      // Holds however busy the machine is.
      {
        extends: true,
        test: { name: 'chaos', include: [chaos], maxWorkers: 3, sequence: { groupOrder: 3 } },
      },
    ],
  },
});
