import { rm } from 'node:fs/promises';
import type Docker from 'dockerode';
import { Notes } from '../notes/notes.ts';
import { removeNoted } from '../notes/remove-noted.ts';

/**
 * Removes the containers of a killed client of `--spawn`, according to its notes, and then its folder. Containers with `--leave` stay.
 * @throws AbortError when `signal` aborts
 */
export async function cleanLeft(
  folder: string,
  docker: Docker,
  { print, signal }: { readonly print: (line: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const notes = new Notes(folder);
  for (const note of await notes.all(print)) {
    if (note.ended?.result?.left) continue;
    print(`the container of job ${note.jobId} is removed if it exists: its client was killed`);
    await removeNoted(docker, note, { signal, isBeingMade: true });
  }
  await rm(folder, { recursive: true, force: true });
}
