import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/**
 * Resolves a relative path in a sourced file: next to that file if it exists there, else from the working directory.
 * @throws Error if the file system cannot tell whether it exists.
 */
export function pathOf(path: string, folder: string | undefined): string {
  if (folder === undefined || isAbsolute(path)) return path;
  const beside = join(folder, path);
  return statSync(beside, { throwIfNoEntry: false }) ? beside : path;
}
