import { type Implementation, implement } from '../../../index.ts';
import { pull } from '../contracts/pull.ts';
import { askEngine } from '../engine/ask-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { ensureImage } from '../image/ensure-image.ts';
import type { SharedPulls } from '../image/shared-pulls.ts';

export function pullCommand(engine: Engine, pulls: SharedPulls): Implementation {
  return implement(pull, async ({ image, pullTimeout }, job) => {
    const docker = await engine.docker();
    const { digest = null, isUpToDate } = await ensureImage({ docker, pulls }, { image, pullTimeout }, job);
    const { Id, Size } = await askEngine(engine, job.signal, () => docker.getImage(image).inspect());
    return { image, digest, imageId: Id, bytes: Size, upToDate: isUpToDate };
  });
}
