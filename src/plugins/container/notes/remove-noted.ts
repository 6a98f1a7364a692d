import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { removeContainer } from '../engine/remove-container.ts';
import { stopContainer } from '../engine/stop-container.ts';
import type { Note } from './note.ts';
import { findNoted } from './own-containers.ts';

/** An engine may copy an image for some seconds before it lists the container. */
const looksForMs = 10_000;
const firstPauseMs = 100;

interface Options {
  readonly signal: AbortSignal;
  /** The engine may still be creating the container, with no one waiting for its answer. Default: false. */
  readonly isBeingMade?: boolean;
}

/**
 * Removes the container of a job as soon as the engine answers. A started container with `--leave` is only ended.
 * @throws Error of the engine if that fails; AbortError when `signal` aborts
 */
export async function removeNoted(docker: Docker, note: Note, { signal, isBeingMade = false }: Options): Promise<void> {
  const lookMs = isBeingMade && note.containerId === undefined ? looksForMs : 0;
  for (let waitedMs = 0, pauseMs = firstPauseMs; ; pauseMs *= 2) {
    const found = await findNoted(docker, note, signal);
    if (found && note.args.leave && found.state !== 'created') return await stopContainer(docker, found.id, signal);
    if (found) return await removeContainer(docker, found.id, signal);
    if (waitedMs >= lookMs) return;
    await sleep(pauseMs, undefined, { signal });
    waitedMs += pauseMs;
  }
}
