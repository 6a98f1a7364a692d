import type { JobContext } from '../../index.ts';
import type { Allowed } from './allowed.ts';
import type { ContainerResult } from './container-facts.ts';
import { type ContainerArgs, createOptions } from './create-options.ts';
import type { Engine } from './engine.ts';
import { withImage } from './ensure-image.ts';
import { followContainer } from './follow-container.ts';
import { labelsOf } from './labels.ts';
import type { SharedPulls } from './shared-pulls.ts';
import { startContainer } from './start-container.ts';

/** Runs the container of a job until it has ended and is removed. */
export async function runContainer(
  args: ContainerArgs,
  job: JobContext,
  { engine, pulls, allowed }: { readonly engine: Engine; readonly pulls: SharedPulls; readonly allowed: Allowed },
): Promise<ContainerResult> {
  const docker = await engine.docker();
  const { options, recheck } = await createOptions(args, { allowed, docker, labels: labelsOf(job, args) });
  const name = args.name ?? `signalbox-${job.id}`;
  const start = () => startContainer(docker, { name, options }, job, { onCreated: recheck });
  const id = await withImage({ docker, pulls }, args, job, start);
  return await followContainer(docker, id, job);
}
