import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export const unfinished = '.new';

/**
 * Writes a file that is either the old one or the new one, whenever this process or the machine dies.
 * @param options.durable survives a power cut when this resolves. Default: true.
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

/** What was renamed or removed there is so from now on. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}
