import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { statusOf } from './engine-away.ts';
import { patient } from './patient.ts';

const againMs = 200;
const attempts = 20;

/**
 * Ends and removes a container with its anonymous volumes. Resolves when the container is gone, whoever removed it.
 * @throws Error of the engine if the removal fails; AbortError when `signal` aborts
 */
export async function removeContainer(docker: Docker, id: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await patient(docker, signal, () =>
        docker.getContainer(id).remove({ v: true, force: true, abortSignal: signal }),
      );
      return;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) return;
      // 409: the removal is in progress. 500: temporary, a process on the host still uses the files.
      if ((status !== 409 && status !== 500) || attempt === attempts) throw error;
      await sleep(againMs, undefined, { signal });
    }
  }
}
