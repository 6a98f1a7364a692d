import type Docker from 'dockerode';
import { statusOf } from './engine-away.ts';
import { stopSeconds } from './grace.ts';
import { patient } from './patient.ts';

/**
 * Ends a container with its stop signal, then SIGKILL. The engine does not restart it.
 * @throws Error of the engine; AbortError when `signal` aborts
 */
export async function stopContainer(docker: Docker, id: string, signal: AbortSignal): Promise<void> {
  const container = docker.getContainer(id);
  try {
    await patient(docker, signal, () => container.stop({ t: stopSeconds, abortSignal: signal }));
  } catch (error) {
    const status = statusOf(error);
    // 304: the container has ended. 404: it has been removed.
    if (status !== 304 && status !== 404) throw error;
  }
}
