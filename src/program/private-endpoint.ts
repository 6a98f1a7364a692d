import { lstatSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import { isIpcInUse } from '../wire/ipc-in-use.ts';
import { isIpcLock } from '../wire/ipc-lock.ts';

/**
 * Long, because only our own folders may be removed: `signalbox-` and six letters would also match `signalbox-health`,
 * which somebody else may have created.
 */
const prefix = 'signalbox-spawn-';
const socketName = 'server.sock';
/** Younger folders may belong to a server that does not listen yet. */
const abandonedAfterMs = 60_000;

/**
 * An ipc endpoint in a new folder that only this user can enter (mode 0700). Disposing removes the folder, and those left
 * by killed servers of this user.
 * @throws SignalboxError `cannot_bind` if no folder can be created.
 */
export async function createPrivateEndpoint(): Promise<{ endpoint: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), prefix)).catch((cause) => {
    const text = `cannot create a folder for the socket in ${tmpdir()} (${cause.message}); set TMPDIR to another folder`;
    throw new SignalboxError('cannot_bind', text, { cause });
  });
  return {
    endpoint: `ipc://${join(folder, socketName)}`,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      await removeAbandoned().catch(() => {});
    },
  };
}

async function removeAbandoned(): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names.filter((one) => /^signalbox-spawn-[A-Za-z0-9]{6}$/.test(one))) {
    const folder = join(tmpdir(), name);
    if (await isAbandoned(folder)) await rm(folder, { recursive: true, force: true });
  }
}

async function isAbandoned(folder: string): Promise<boolean> {
  const info = lstatSync(folder, { throwIfNoEntry: false });
  if (!info?.isDirectory() || info.uid !== process.getuid?.() || (info.mode & 0o777) !== 0o700) return false;
  if (Date.now() - info.mtimeMs < abandonedAfterMs) return false;
  const inside = await readdir(folder);
  if (inside.some((name) => name !== socketName && !isIpcLock(name))) return false;
  return !(await isIpcInUse(`ipc://${join(folder, socketName)}`));
}
