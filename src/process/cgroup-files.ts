import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bounded, patient } from './bounded-read.ts';
import { systemCode } from './system-error.ts';

/** @throws where it is missing; where descriptors or memory run short, only after some time. */
export const readControl = (folder: string, file: string): Promise<string> =>
  patient(() => bounded(() => readFile(join(folder, file), 'latin1')));

export const writeControl = (folder: string, file: string, value: string | number): Promise<void> =>
  patient(() => writeFile(join(folder, file), String(value), { flag: 'w' }));

/** Makes a group. One that is there already, as where two controllers share a hierarchy, is fine. */
export async function makeGroup(folder: string): Promise<void> {
  await mkdir(folder).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
}

/** A number from a control file; null where it is missing or says `max`. */
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
 * Processes of a group and of those below it: a job may have made some.
 * @throws where that cannot be known now.
 */
export async function pidsBelow(folder: string): Promise<number[]> {
  const own = await bounded(() => readFile(join(folder, 'cgroup.procs'), 'latin1')).catch(unlessNone(''));
  const below = await Promise.all((await groupsIn(folder)).map(pidsBelow));
  return [...own.split('\n').filter(Boolean).map(Number), ...below.flat()];
}

/** A group that has been removed has no processes, and a threaded one (cgroups(7)) lists none of its own. */
const unlessNone =
  <T>(none: T) =>
  (error: unknown): T => {
    if (['ENOENT', 'ENODEV', 'ENOTSUP'].includes(systemCode(error) ?? '')) return none;
    throw error;
  };

/** Removes a group and those below it, as far as no process is in them. */
export async function removeBelow(folder: string): Promise<void> {
  for (const child of await patient(() => groupsIn(folder)).catch(() => [])) await removeBelow(child);
  await rmdir(folder).catch(() => {});
}

async function groupsIn(folder: string): Promise<string[]> {
  const entries = await bounded(() => readdir(folder, { withFileTypes: true })).catch(unlessNone([]));
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
