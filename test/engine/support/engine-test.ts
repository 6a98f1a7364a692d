import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inject, test } from 'vitest';

const isInstalled = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

const hasEngine = inject('noEngine') === undefined;
const isRoot = process.getuid?.() === 0;

/** A test with an engine; skipped without one, which set-up.ts has reported. */
export const engineTest = test.skipIf(!hasEngine);

/** A test with a registry: Debian's `docker-registry`. */
export const registryTest = test.skipIf(!hasEngine || !isInstalled('docker-registry'));

/** Whether a test can start its own engine, which needs root and the program on this machine. */
export const hasOwnEngine = hasEngine && isRoot && isInstalled('dockerd');

/** A test that starts one. */
export const ownEngineTest = test.skipIf(!hasOwnEngine);
