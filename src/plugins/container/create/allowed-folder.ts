import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { SignalboxError } from '../../../index.ts';
import type { EnginePlaces } from './engine-places.ts';

/** A folder that containers may mount, as found when the client started. */
export interface AllowedFolder {
  /** The path that the owner of the client gave, made absolute. */
  readonly named: string;
  /** The path that the engine mounts, with links resolved. */
  readonly path: string;
}

/**
 * Checks the folders of `--container-binds`.
 * @throws SignalboxError `bad_usage` for a folder that does not exist, that contains files of an engine, that lies within another
 * allowed folder, so that a container could replace it, or that other users can replace
 */
export async function allowFolders(names: readonly string[], places: EnginePlaces): Promise<AllowedFolder[]> {
  const folders = await Promise.all(names.map(allowFolder));
  for (const { named, path } of folders) {
    const wrong = (why: string) => new SignalboxError('bad_usage', `--container-binds ${named}: ${why}`);
    const socket = places.sockets.find((one) => isWithin(one, path));
    if (socket !== undefined) throw wrong(`${socket} is in it, and access to the socket of the engine is root access`);
    const folder = places.folders.find((one) => isWithin(one, path) || isWithin(path, one));
    if (folder !== undefined) throw wrong(`${folder} is where the engine keeps its containers`);
    const outer = folders.find((other) => other.path !== path && isWithin(path, other.path));
    if (outer) throw wrong(`it lies in ${outer.named}, so a container could replace it with a link`);
  }
  return folders;
}

async function allowFolder(name: string): Promise<AllowedFolder> {
  const named = resolve(name);
  try {
    const path = await realpath(named);
    await checkPlace(named);
    await checkPlace(path);
    return { named, path };
  } catch (cause) {
    throw new SignalboxError('bad_usage', `--container-binds ${named}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Checks that an allowed folder has not been replaced.
 * @throws SignalboxError `not_allowed`
 */
export async function checkFolder({ named, path }: AllowedFolder): Promise<void> {
  let why: string | undefined;
  try {
    if ((await realpath(named)) !== path) why = 'it was replaced after this client started; restart the client';
    else await Promise.all([checkPlace(named), checkPlace(path)]);
  } catch (cause) {
    why = reasonOf(cause);
  }
  if (why !== undefined) throw new SignalboxError('not_allowed', `${named} cannot be mounted: ${why}`);
}

/** Whether `path` is `folder` or lies within it. Links in both must be resolved. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/**
 * Checks that only root and this user can replace the path by a link, because the engine resolves it again, as root, when it mounts.
 * @throws Error with the reason
 */
async function checkPlace(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) throw new Error('it is no folder');
  const own = process.getuid?.();
  if (own === undefined) return;
  const isTrusted = (uid: number) => uid === 0 || uid === own;
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    const parent = dirname(at);
    const [info, above] = await Promise.all([lstat(at), stat(parent)]);
    if (!isTrusted(above.uid)) throw new Error(`${parent} belongs to another user, who can replace ${at}`);
    const isSticky = (above.mode & 0o1000) !== 0;
    if ((above.mode & 0o022) === 0 || (isSticky && isTrusted(info.uid))) continue;
    throw new Error(`other users can replace ${at}; chmod go-w ${parent}`);
  }
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'there is no such folder';
  return cause instanceof Error ? cause.message : String(cause);
}
