import type Docker from 'dockerode';
import { type JobContext, JobFailure } from '../../../index.ts';
import type { ContainerResult } from '../contracts/container.ts';
import { describeContainer } from '../contracts/describe-container.ts';
import { statusOf } from '../engine/engine-away.ts';
import { failureOf } from '../engine/failure.ts';
import { Grace } from '../engine/grace.ts';
import { patient } from '../engine/patient.ts';
import { unknownEnd } from '../life/container-facts.ts';
import { followContainer } from '../life/follow-container.ts';
import { watchState } from '../life/watch-state.ts';
import { KeptOutput } from '../log/kept-output.ts';
import { endedBy, settle, toldBy } from '../notes/ended.ts';
import type { Ended } from '../notes/note.ts';
import type { NotedJob } from '../notes/noted-job.ts';
import { findNoted } from '../notes/own-containers.ts';
import { removeNoted } from '../notes/remove-noted.ts';
import { emitUsage } from '../usage/sampler.ts';

/**
 * Continues a job that an earlier process of this client has begun, from its last note. Waits while the engine does not answer, unless
 * the job has to end.
 * @throws JobFailure, SignalboxError, like the handler
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
    // Otherwise the engine may still be creating it.
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

/** Ends a job whose outcome is decided. Its container may still exist. */
async function endAgain(noted: NotedJob, ended: Ended, { job, docker, giveUp }: Use): Promise<ContainerResult> {
  job.decided({ beforeDeadline: true });
  const output = await noted.output();
  if (output) job.outputFrom(new KeptOutput(output));
  if (!ended.result?.left) await removeNoted(docker, noted.note, { signal: giveUp });
  noted.removed();
  return settle(ended);
}

/** @returns whether the container is removed; false if the engine was starting it for the earlier process */
async function removeUnlessStarted(
  { id, state }: { readonly id: string; readonly state: string },
  docker: Docker,
  noted: NotedJob,
  signal: AbortSignal,
): Promise<boolean> {
  if (state !== 'created') return false;
  await noted.unstarted();
  try {
    // Without force: the engine performs operations on a container in order, and refuses to remove a running one.
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
