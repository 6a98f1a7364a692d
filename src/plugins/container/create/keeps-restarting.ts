import type Docker from 'dockerode';
import type { ContainerArgs } from '../contracts/container.ts';
import { failureOf } from '../engine/failure.ts';

/**
 * The stop signal of a service that is started again, said at its creation. Where nobody has said one, an engine takes any signal that
 * it is told to send as the wish that the container ends, and does not start it again.
 * @throws SignalboxError that says why not, also where the engine does not have the image
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
