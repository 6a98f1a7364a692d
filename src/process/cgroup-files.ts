import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bounded, patient } from './bounded-read.ts';
import { systemCode } from './system-error.ts';

/** @throws if the file is missing, or if descriptors or memory stay short for a while. */
export const readControl = (folder: string, file: string): Promise<string> =>
  patient(() => bounded(() => readFile(join(folder, file), 'latin1')));

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
  const own = await bounded(() => readFile(join(folder, 'cgroup.procs'), 'latin1')).catch(unlessNone(''));
  const below = await Promise.all((await groupsIn(folder)).map(pidsBelow));
  return [...own.split('\n').filter(Boolean).map(Number), ...below.flat()];
}

/** A removed group has no processes, and a threaded one (cgroups(7)) lists none of its own. */
const unlessNone =
  <T>(none: T) =>
  (error: unknown): T => {
    if (['ENOENT', 'ENODEV', 'ENOTSUP'].includes(systemCode(error) ?? '')) return none;
    throw error;
  };

/** Removes a group and its subgroups, except those that hold processes. */
export async function removeBelow(folder: string): Promise<void> {
  for (const child of await patient(() => groupsIn(folder)).catch(() => [])) await removeBelow(child);
  await rmdir(folder).catch(() => {});
}

async function groupsIn(folder: string): Promise<string[]> {
  const entries = await bounded(() => readdir(folder, { withFileTypes: true })).catch(unlessNone([]));
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
