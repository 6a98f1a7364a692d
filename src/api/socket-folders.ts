import { mkdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { systemCode } from '../process/system-error.ts';

/** Candidates for the default folder of sockets of this user's servers. The first one that can be used is chosen. */
export function ownSocketFolders({ XDG_RUNTIME_DIR: runtime = '' }: NodeJS.ProcessEnv): string[] {
  const own = `/tmp/signalbox-${process.getuid?.() ?? 0}`;
  return isAbsolute(runtime) ? [join(runtime, 'signalbox'), own] : [own];
}

/** Creates a folder that only this user can enter. An existing one is not changed. @throws Error */
export function makeSocketFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}
