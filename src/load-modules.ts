import { readdirSync } from 'node:fs';

/**
 * Every export of every module in a folder that `accepts` takes, by file name. How commands are found: there is no list
 * of them to keep.
 */
export async function loadExports<T>(folder: URL, accepts: (value: unknown) => value is T): Promise<T[]> {
  const files = readdirSync(folder).filter((file) => /(?<!\.d)\.[jt]s$/.test(file));
  const modules: Record<string, unknown>[] = await Promise.all(
    files.sort().map((file) => import(new URL(file, folder).href)),
  );
  return modules.flatMap((module) => Object.values(module).filter(accepts));
}
