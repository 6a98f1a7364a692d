import { defineConfig } from 'vitest/config';
import { compileCache } from './test/support/compile-cache.ts';
import { ownState } from './test/support/own-state.ts';

/** Folders of tests that start programs or measure their own process: each file is isolated. */
const programs = '{bench,docs,e2e,examples,host,observe,process,program}';
/** `npm test` */
const quick = { programs: [`test/${programs}/**/*.test.ts`, 'test/examples.test.ts'], all: 'test/**/*.test.ts' };
/** `npm run test:slow` */
const slow = { programs: [`test/${programs}/**/*.slow.ts`], all: 'test/**/*.slow.ts' };

/** Files share processes and the modules loaded there; a file that leaves something open fails. */
const shared = { isolate: false, setupFiles: 'test/no-leaks.ts' };

/** Some start brokers and databases, which need more of the processors. */
const brokers = { maxWorkers: 4, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    // The zeromq addon aborts the whole process when a worker thread that uses it is terminated.
    pool: 'forks',
    reporters: ['default', './scripts/skipped-reporter.ts'],
    // Most of it waits, for processes and for times to pass: a file needs a third of a processor.
    maxWorkers: 6,
    // The slowest tests take 10 s on an idle machine, and start ten programs or try a hundred cases.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Other programs may have the processors meanwhile.
    expect: { poll: { timeout: 20_000 } },
    env: { ...compileCache, ...ownState },
    globalSetup: 'test/support/compile-cache.ts',
    projects: [
      { extends: true, test: { name: 'library', include: [quick.all], exclude: quick.programs, ...shared } },
      { extends: true, test: { name: 'programs', include: quick.programs } },
      {
        extends: true,
        test: { name: 'slow-library', include: [slow.all], exclude: slow.programs, ...shared, ...brokers },
      },
      { extends: true, test: { name: 'slow-programs', include: slow.programs, ...brokers } },
    ],
  },
});
