import type Docker from 'dockerode';
import { type JobContext, JobFailure } from '../../index.ts';
import { unknownEnd } from './container-facts.ts';
import type { ContainerResult } from './contract.ts';
import { describeContainer } from './describe.ts';
import { endedBy, settle, toldBy } from './ended.ts';
import { statusOf } from './engine-away.ts';
import { failureOf } from './failure.ts';
import { followContainer } from './follow-container.ts';
import { Grace } from './grace.ts';
import { KeptOutput } from './kept-output.ts';
import type { Ended } from './note.ts';
import type { NotedJob } from './noted-job.ts';
import { findNoted } from './own-containers.ts';
import { patient } from './patient.ts';
import { removeNoted } from './remove-noted.ts';
import { emitUsage } from './sampler.ts';
import { watchState } from './watch-state.ts';

/**
 * Goes on with a job that an earlier process of this client has begun, from what it noted last. Waits while the engine is away, but
 * not with a job that is told to end.
 * @throws JobFailure, SignalboxError as the handler does
 */
export async function takeUp(noted: NotedJob, job: JobContext, docker: Docker): Promise<ContainerResult> {
  noted.watch(job);
  using grace = new Grace(job.signal);
  const { giveUp } = grace;
  const { note } = noted;
  try {
    if (note.ended) return await endAgain(noted, note.ended, { job, docker, giveUp });
    const found = await findNoted(docker, note, giveUp);
    if (found && !(await removeUnlessStarted(found, docker, noted, giveUp))) {
      using _state = watchState(docker, found.id, job);
      using _stats = emitUsage(docker, found.id, job, note.args.stats);
      return await followContainer(docker, found.id, job, {
        told: note.told,
        deadlineMs: note.deadlineMs,
        beforeRemoval: (ended, output) => noted.ended(ended, output),
        onRemoved: () => noted.removed(),
      });
    }
    // Else the engine may just be making it.
    if (found || note.containerId !== undefined) noted.removed();
    return settle(endedWithout(noted, job));
  } catch (error) {
    if (error instanceof JobFailure) throw error;
    if (!giveUp.aborted) throw failureOf(error);
    const told = note.told ?? toldBy(job.signal);
    const facts = unknownEnd(note.containerId ?? '', undefined, told?.code === 'deadline_exceeded');
    job.print(`job ${job.id}: ${describeContainer(facts)}`);
    return settle(endedBy({ ...facts, image: note.args.image }, told));
  }
}

interface Use {
  readonly job: JobContext;
  readonly docker: Docker;
  readonly giveUp: AbortSignal;
}

/** The outcome is decided; its container may still be there. */
async function endAgain(noted: NotedJob, ended: Ended, { job, docker, giveUp }: Use): Promise<ContainerResult> {
  job.decided({ beforeDeadline: true });
  const output = await noted.output();
  if (output) job.outputFrom(new KeptOutput(output));
  if (!ended.result?.left) await removeNoted(docker, noted.note, { signal: giveUp });
  noted.removed();
  return settle(ended);
}

/** @returns whether it is gone; not where the engine was just starting it for the earlier process. */
async function removeUnlessStarted(
  { id, state }: { readonly id: string; readonly state: string },
  docker: Docker,
  noted: NotedJob,
  signal: AbortSignal,
): Promise<boolean> {
  if (state !== 'created') return false;
  await noted.unstarted();
  try {
    // Without force: the engine does one thing after the other with a container, and refuses to remove one that runs.
    await patient(docker, signal, () => docker.getContainer(id).remove({ v: true, abortSignal: signal }));
  } catch (error) {
    if (statusOf(error) === 409) return false;
    if (statusOf(error) !== 404) throw error;
  }
  return true;
}

function endedWithout(noted: NotedJob, job: JobContext): Ended {
  const { containerId, unstarted, told = toldBy(job.signal) } = noted.note;
  if (containerId === undefined || unstarted) {
    return { failure: 'it was never started: its client died before that', ...(told && { told }) };
  }
  return {
    failure: `its container ${containerId.slice(0, 12)} is gone: somebody else removed it while its client was away, and how it ended is unknown`,
    ...(told && { told }),
  };
}
