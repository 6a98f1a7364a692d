import type Docker from 'dockerode';
import type { ContainerArgs } from '../contracts/container.ts';
import { failureOf } from '../engine/failure.ts';

/**
 * The stop signal for a service that the engine restarts. It must be set at creation: without it, the engine treats every signal that
 * it sends as a request to end the container, and does not restart it.
 * @throws SignalboxError with the reason, also if the engine does not have the image
 */
export async function keepsRestarting(
  docker: Docker,
  { image, service = false, restart = 'always' }: ContainerArgs,
): Promise<{ StopSignal?: string }> {
  if (!service || restart === 'no') return {};
  const { Config } = await docker
    .getImage(image)
    .inspect()
    .catch((error) => {
      throw failureOf(error);
    });
  const own = 'StopSignal' in Config ? String(Config.StopSignal ?? '') : '';
  return { StopSignal: own === '' ? 'SIGTERM' : own };
}
