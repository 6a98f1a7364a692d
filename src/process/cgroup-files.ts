import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { patient } from './bounded-read.ts';
import { systemCode } from './system-error.ts';

/**
 * Reads synchronously, like all reads of cgroup files and folders: the kernel generates them in microseconds, and a
 * thread of Node costs ten times as much. Creating and removing groups waits for a kernel lock, so that is done in a
 * thread.
 * @throws if the file is missing, or if descriptors or memory stay short for a while.
 */
export const readControl = (folder: string, file: string): Promise<string> =>
  patient(async () => readFileSync(join(folder, file), 'latin1'));

export const writeControl = (folder: string, file: string, value: string | number): Promise<void> =>
  patient(() => writeFile(join(folder, file), String(value), { flag: 'w' }));

/** Creates a group, which may exist already if two controllers share a hierarchy. */
export async function makeGroup(folder: string): Promise<void> {
  await mkdir(folder).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
}

/** A number from a control file; null if the file is missing or says `max`. */
export async function readNumber(folder: string, file: string): Promise<number | null> {
  const text = await readControl(folder, file).catch(() => '');
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? null : value;
}

/** A number from a control file of `name value` lines. */
export async function readField(folder: string, file: string, field: string): Promise<number | null> {
  const text = await readControl(folder, file).catch(() => '');
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${field} `));
  return line === undefined ? null : Number(line.slice(field.length + 1));
}

/**
 * Processes of a group and its subgroups, which a job may have created.
 * @throws if they cannot be read now.
 */
export async function pidsBelow(folder: string): Promise<number[]> {
  const own = orNone('', () => readFileSync(join(folder, 'cgroup.procs'), 'latin1'));
  const below = await Promise.all(groupsIn(folder).map(pidsBelow));
  return [...own.split('\n').filter(Boolean).map(Number), ...below.flat()];
}

/** A removed group has no processes, and a threaded one (cgroups(7)) lists none of its own. */
function orNone<T>(none: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENODEV', 'ENOTSUP'].includes(systemCode(error) ?? '')) return none;
    throw error;
  }
}

/** Removes a group and its subgroups, except those that hold processes. */
export async function removeBelow(folder: string): Promise<void> {
  if (await isRemoved(folder)) return;
  for (const child of await patient(async () => groupsIn(folder)).catch(() => [])) await removeBelow(child);
  await isRemoved(folder);
}

const isRemoved = (folder: string): Promise<boolean> =>
  rmdir(folder).then(
    () => true,
    (error: unknown) => systemCode(error) === 'ENOENT',
  );

/** Where a file system counts links of folders, a folder has two, plus one for each subfolder. */
function groupsIn(folder: string): string[] {
  return orNone([], () => {
    if (statSync(folder).nlink === 2) return [];
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  });
}
