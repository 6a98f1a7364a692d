import type { JobContext } from '../../index.ts';
import type { Allowed } from './allowed.ts';
import type { ContainerArgs, ContainerResult } from './contract.ts';
import { createOptions } from './create-options.ts';
import { endedBefore } from './ended.ts';
import type { Engine } from './engine.ts';
import { withImage } from './ensure-image.ts';
import { followContainer } from './follow-container.ts';
import type { JobNotes } from './job-notes.ts';
import { keepsRestarting } from './keeps-restarting.ts';
import { labelsOf } from './labels.ts';
import { emitUsage } from './sampler.ts';
import type { SharedPulls } from './shared-pulls.ts';
import { startContainer } from './start-container.ts';
import { traced } from './traced.ts';
import { unlessAborted } from './unless-aborted.ts';
import { watchState } from './watch-state.ts';

export interface ContainerUse {
  readonly engine: Engine;
  readonly pulls: SharedPulls;
  readonly allowed: Allowed;
  readonly jobNotes: JobNotes;
}

/** Runs the container of a job until it has ended and is removed. */
export async function runContainer(
  args: ContainerArgs,
  job: JobContext,
  { engine, pulls, allowed, jobNotes }: ContainerUse,
): Promise<ContainerResult> {
  const docker = await engine.docker();
  const { noted, installation } = await jobNotes.begin(args, job);
  const labels = labelsOf(noted.note, { client: job.client, installation });
  const asked = createOptions(args, { allowed, docker, labels });
  const { options, recheck } = await unlessAborted(job.signal, asked);
  const name = args.name ?? `signalbox-${job.client}-${job.id}`;
  const start = async () => {
    const restarting = await unlessAborted(job.signal, keepsRestarting(docker, args));
    const more = { ...traced(options, job.traceparent), ...restarting };
    noted.creating();
    return await startContainer(docker, { name, options: { ...options, ...more } }, job, {
      onUnanswered: (creating) => noted.unanswered(creating),
      async onCreated(created) {
        await noted.created(created);
        await unlessAborted(job.signal, recheck());
      },
      onFailed: (reason) => noted.ended(endedBefore(reason, job.signal)),
      onRemoved: () => noted.removed(),
    });
  };
  using _kept = jobNotes.keptUntilRemoved(noted);
  const id = await withImage({ docker, pulls }, args, job, start);
  using _state = watchState(docker, id, job, args.service === true || args.health !== undefined);
  using _stats = emitUsage(docker, id, job, args.stats);
  return await followContainer(docker, id, job, {
    known: { name, image: args.image },
    deadlineMs: noted.note.deadlineMs,
    beforeRemoval: (ended, output) => noted.ended(ended, output),
    onRemoved: () => noted.removed(),
  });
}
