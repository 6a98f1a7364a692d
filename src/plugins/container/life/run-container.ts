import type { JobContext } from '../../../index.ts';
import type { ContainerArgs, ContainerResult } from '../contracts/container.ts';
import type { Allowed } from '../create/allowed.ts';
import { createOptions } from '../create/create-options.ts';
import { keepsRestarting } from '../create/keeps-restarting.ts';
import { traced } from '../create/traced.ts';
import type { Engine } from '../engine/engine.ts';
import { unlessAborted } from '../engine/unless-aborted.ts';
import { withImage } from '../image/ensure-image.ts';
import type { SharedPulls } from '../image/shared-pulls.ts';
import { endedBefore } from '../notes/ended.ts';
import type { JobNotes } from '../notes/job-notes.ts';
import { labelsOf } from '../notes/labels.ts';
import { emitUsage } from '../usage/sampler.ts';
import { followContainer } from './follow-container.ts';
import { startContainer } from './start-container.ts';
import { watchState } from './watch-state.ts';

export interface ContainerUse {
  readonly engine: Engine;
  readonly pulls: SharedPulls;
  readonly allowed: Allowed;
  readonly jobNotes: JobNotes;
}

/** Runs the container of a job until the container has ended and is removed. */
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
