import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export const unfinished = '.new';

/**
 * Replaces a file atomically, even if this process or the machine dies.
 * @param options.durable whether the new file survives a power failure once this has resolved. Default: true.
 */
export async function writeWhole(path: string, data: string | Uint8Array, { durable = true } = {}): Promise<void> {
  const made = `${path}${unfinished}`;
  try {
    await using file = await open(made, 'w', 0o600);
    await file.writeFile(data);
    if (durable) await file.sync();
    await rename(made, path);
  } catch (error) {
    await rm(made, { force: true }).catch(() => {});
    throw error;
  }
  if (durable) await syncFolder(dirname(path));
}

/** Makes renames and removals in the folder durable. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}
