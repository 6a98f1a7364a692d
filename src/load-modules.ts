import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Loads every module in a folder and returns the exports that `accepts` takes, ordered by file name. Commands are found
 * this way, so that no list of them has to be maintained.
 */
export async function loadExports<T>(folder: URL, accepts: (value: unknown) => value is T): Promise<T[]> {
  const modules: Record<string, unknown>[] = await Promise.all(filesIn(folder).map((file) => import(file.href)));
  return modules.flatMap((module) => Object.values(module).filter(accepts));
}

/** Like `loadExports`, but synchronous. */
export function loadExportsNow<T>(folder: URL, accepts: (value: unknown) => value is T): T[] {
  const load = createRequire(folder);
  const modules: Record<string, unknown>[] = filesIn(folder).map((file) => load(fileURLToPath(file)));
  return modules.flatMap((module) => Object.values(module).filter(accepts));
}

function filesIn(folder: URL): URL[] {
  const files = readdirSync(folder).filter((file) => /(?<!\.d)\.[jt]s$/.test(file));
  return files.sort().map((file) => new URL(file, folder));
}
