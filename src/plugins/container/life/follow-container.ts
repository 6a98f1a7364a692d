import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import { type JobContext, JobFailure, type JobSignal, SignalboxError } from '../../../index.ts';
import type { ContainerResult } from '../contracts/container.ts';
import { describeContainer } from '../contracts/describe-container.ts';
import { failureOf } from '../engine/failure.ts';
import { Grace } from '../engine/grace.ts';
import { removeContainer } from '../engine/remove-container.ts';
import { stopContainer } from '../engine/stop-container.ts';
import { LogOutput } from '../log/log-output.ts';
import type { KeptPieces } from '../log/output-tail.ts';
import { endedBy, settle, toldBy } from '../notes/ended.ts';
import type { Ended, Told } from '../notes/note.ts';
import { factsOf, unknownEnd } from './container-facts.ts';
import { untilEnded } from './until-ended.ts';

/** If no server has taken the output within this time, the client keeps the rest and removes the container. */
const keptByEngineMs = 3_600_000;
/** The same time if the client ends. */
const lastOutputMs = 1_000;
/** The same time after the job was cancelled: its client may be ending, and has 5 s for that. */
const cancelledOutputMs = 3_500;

export interface FollowOptions {
  /** Facts for the result until the engine has described the container. */
  readonly known?: { readonly name: string; readonly image: string };
  /** The reason if an earlier process had to end the container. */
  readonly told?: Told | undefined;
  /** Deadline on the wall clock, in ms since the epoch. The container may have ended before it, which is only detected now. */
  readonly deadlineMs?: number | undefined;
  /** Called after the container has ended and before it is removed, with the kept output. On rejection, the container is not removed. */
  readonly beforeRemoval?: (ended: Ended, output: KeptPieces) => Promise<void>;
  /** Called when the container has been removed. */
  readonly onRemoved?: () => void;
}

/**
 * Follows a started container until it has ended and is removed: its output, signals, cancel and deadline. An earlier process of this
 * client may have started it.
 *
 * The engine is the only source of facts. After each broken connection it is asked again, and the job waits while it does not answer. A
 * job that is being ended waits for at most 5 s.
 * @throws JobFailure unless the container ended with 0 by itself
 */
export async function followContainer(
  docker: Docker,
  id: string,
  job: JobContext,
  { known, told: toldBefore, deadlineMs, beforeRemoval, onRemoved }: FollowOptions = {},
): Promise<ContainerResult> {
  using grace = new Grace(job.signal);
  const { giveUp } = grace;
  const output = new LogOutput(docker, id);
  job.outputFrom(output);
  const sent = new Set<string>();
  const toldNow = () => toldBefore ?? toldBy(job.signal);
  let stopping: Promise<void> | undefined;
  let stoppedAtMs = Number.POSITIVE_INFINITY;
  const stop = () => {
    if (stopping) return;
    sent.add('SIGTERM').add('SIGKILL');
    stoppedAtMs = Date.now();
    // The wait or the removal reports why it does not end.
    stopping = stopContainer(docker, id, giveUp).catch(() => {});
  };
  job.onSignal((signal) => void send(docker, id, signal, { job, sent }));
  if (toldNow()) stop();
  else job.signal.addEventListener('abort', stop, { once: true });
  let seen: ContainerInspectInfo | undefined;
  let end: { readonly seen: ContainerInspectInfo; readonly told: Told | undefined } | undefined;
  try {
    const onAway = (isAway: boolean) => job.progress(0, isAway ? 'waits for the engine' : undefined);
    const onSeen = (now: ContainerInspectInfo) => {
      seen = now;
    };
    seen = await untilEnded(docker, id, {
      signal: giveUp,
      isStopped: () => toldNow() !== undefined,
      onAway,
      onSeen,
    });
    const endedAtMs = Date.parse(seen.State.FinishedAt);
    const isInTime = deadlineMs !== undefined && endedAtMs <= Math.min(deadlineMs, stoppedAtMs);
    const why = toldNow();
    const told = isInTime && why?.code === 'deadline_exceeded' ? undefined : why;
    job.decided({ beforeDeadline: isInTime });
    end = { seen, told };
    job.signal.removeEventListener('abort', stop);
    await stopping;
    output.containerEnded();
    // A deadline that passes while the output waits for a server must not cut short the last steps.
    using last = new Grace(job.signal, { isMeant: (reason) => !isDeadline(reason) });
    const giveUpLast = job.signal.aborted && !isDeadline(job.signal.reason) ? giveUp : last.giveUp;
    await outputTaken(output, {
      signal: told?.code === 'cancelled' ? AbortSignal.abort() : job.signal,
      hurryMs: told ? Math.max(lastOutputMs, cancelledOutputMs - (Date.now() - stoppedAtMs)) : lastOutputMs,
    });
    const kept = await output.keep(giveUpLast);
    const facts = factsOf(seen, { sent, ...waysOf(told), outputBytes: bytesOf(output) });
    const ended = endedBy(facts, told);
    try {
      await beforeRemoval?.(ended, kept);
      if (!facts.left) await removeContainer(docker, id, giveUpLast);
      onRemoved?.();
    } catch (error) {
      job.print(`job ${job.id}: its container ${facts.containerName} is still there: ${failureOf(error).message}`);
    }
    return settle(ended);
  } catch (error) {
    if (error instanceof JobFailure) throw error;
    output.abandon('the log of the container could not be read');
    if (!giveUp.aborted) throw failureOf(error);
    // The rest of the output is late, but the end of the container is known.
    if (end)
      return settle(endedBy(factsOf(end.seen, { sent, ...waysOf(end.told), outputBytes: bytesOf(output) }), end.told));
    const told = toldNow();
    const facts = {
      ...unknownEnd(id, seen, told?.code === 'deadline_exceeded'),
      ...(known && !seen && { containerName: known.name, image: known.image }),
    };
    job.print(`job ${job.id}: ${describeContainer(facts)}`);
    return settle(endedBy(facts, told));
  } finally {
    job.signal.removeEventListener('abort', stop);
  }
}

const waysOf = (told: Told | undefined) => ({
  timedOut: told?.code === 'deadline_exceeded',
  cancelled: told?.code === 'cancelled',
});

const bytesOf = (output: LogOutput): number => output.end('stdout') + output.end('stderr');

/**
 * Resolves when a server has taken all output, or after a time limit, which is short once `signal` has aborted. A deadline that passes
 * meanwhile has no effect.
 */
async function outputTaken(
  output: LogOutput,
  { signal, hurryMs }: { readonly signal: AbortSignal; readonly hurryMs: number },
): Promise<void> {
  const hurry = new AbortController();
  const onAbort = () => {
    if (!isDeadline(signal.reason)) hurry.abort('hurry');
  };
  const late = new AbortController();
  const none = async () => {
    await sleep(keptByEngineMs, undefined, { signal: AbortSignal.any([hurry.signal, late.signal]) }).catch(() => {});
    await sleep(hurryMs, undefined, { signal: late.signal }).catch(() => {});
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([output.drained, none()]);
  signal.removeEventListener('abort', onAbort);
  late.abort('taken');
}

const isDeadline = (reason: unknown): boolean =>
  reason instanceof SignalboxError && reason.code === 'deadline_exceeded';

async function send(
  docker: Docker,
  id: string,
  signal: JobSignal,
  { job, sent }: { readonly job: JobContext; readonly sent: Set<string> },
): Promise<void> {
  sent.add(signal);
  try {
    await docker.getContainer(id).kill({ signal });
  } catch (error) {
    // The container may have ended meanwhile, as with kill(2).
    job.print(`job ${job.id}: ${signal} did not arrive: ${failureOf(error).message}`);
  }
}
