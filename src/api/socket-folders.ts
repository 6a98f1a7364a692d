import { mkdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { systemCode } from '../process/system-error.ts';

/** Folders in which a server of this user puts its sockets if none is named: the first that can be had. */
export function ownSocketFolders({ XDG_RUNTIME_DIR: runtime = '' }: NodeJS.ProcessEnv): string[] {
  const own = `/tmp/signalbox-${process.getuid?.() ?? 0}`;
  return isAbsolute(runtime) ? [join(runtime, 'signalbox'), own] : [own];
}

/** Makes a folder that only this user can enter. One that is there stays as it is. @throws Error */
export function makeSocketFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}
