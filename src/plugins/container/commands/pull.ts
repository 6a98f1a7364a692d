import type { ImageInspectInfo } from 'dockerode';
import { type Implementation, implement, type JobContext } from '../../../index.ts';
import { pull } from '../contracts/pull.ts';
import type { Engine } from '../engine.ts';
import { ensureImage } from '../ensure-image.ts';
import { failureOf } from '../failure.ts';
import type { SharedPulls } from '../shared-pulls.ts';

export function pullCommand(engine: Engine, pulls: SharedPulls): Implementation {
  return implement(pull, async ({ image, pullTimeout }, job) => {
    const docker = await engine.docker();
    const { digest = null, isUpToDate } = await ensureImage({ docker, pulls }, { image, pullTimeout }, job);
    const { Id, Size } = await inspect(engine, image, job);
    return { image, digest, imageId: Id, bytes: Size, upToDate: isUpToDate };
  });
}

async function inspect(engine: Engine, image: string, { signal }: JobContext): Promise<ImageInspectInfo> {
  try {
    const docker = await engine.docker();
    return await docker.getImage(image).inspect();
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error);
  }
}
