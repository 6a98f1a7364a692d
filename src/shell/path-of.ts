import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/**
 * A relative path in a sourced file is one beside it, where there is such a file; else it is one from the working directory.
 * @throws Error where it cannot be found out whether there is one.
 */
export function pathOf(path: string, folder: string | undefined): string {
  if (folder === undefined || isAbsolute(path)) return path;
  const beside = join(folder, path);
  return statSync(beside, { throwIfNoEntry: false }) ? beside : path;
}
