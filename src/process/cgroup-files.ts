import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from './process-error.ts';

export const readControl = (folder: string, file: string): Promise<string> => readFile(join(folder, file), 'latin1');

export const writeControl = (folder: string, file: string, value: string | number): Promise<void> =>
  writeFile(join(folder, file), String(value), { flag: 'w' });

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

/** Processes of a group and of those below it: a job may have made some. */
export async function pidsBelow(folder: string): Promise<number[]> {
  const own = await readControl(folder, 'cgroup.procs').catch(() => '');
  const below = await Promise.all((await groupsIn(folder)).map(pidsBelow));
  return [...own.split('\n').filter(Boolean).map(Number), ...below.flat()];
}

/** Removes a group and those below it, as far as no process is in them. */
export async function removeBelow(folder: string): Promise<void> {
  for (const child of await groupsIn(folder)) await removeBelow(child);
  await rmdir(folder).catch(() => {});
}

async function groupsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
