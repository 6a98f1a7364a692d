import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inject, test } from 'vitest';

const isInstalled = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

const hasEngine = inject('noEngine') === undefined;
const isRoot = process.getuid?.() === 0;

/** A test with an engine; skipped where there is none, which set-up.ts has said. */
export const engineTest = test.skipIf(!hasEngine);

/** A test with a registry: Debian's `docker-registry`. */
export const registryTest = test.skipIf(!hasEngine || !isInstalled('docker-registry'));

/** Whether a test can start an engine of its own, which takes root's rights and the program on this machine. */
export const hasOwnEngine = hasEngine && isRoot && isInstalled('dockerd');

/** A test that starts one. */
export const ownEngineTest = test.skipIf(!hasOwnEngine);
