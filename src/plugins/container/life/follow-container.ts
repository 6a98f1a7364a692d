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

/** What is left of the output is kept by the client when no server has taken it for so long, and the container is removed. */
const keptByEngineMs = 3_600_000;
/** The same where the client ends. */
const lastOutputMs = 1_000;
/** The same where the job was cancelled, from then on: its client may be ending, and has 5 s. */
const cancelledOutputMs = 3_500;

export interface FollowOptions {
  /** What is known of it before the engine has said anything. */
  readonly known?: { readonly name: string; readonly image: string };
  /** Why an earlier process was told to end it. */
  readonly told?: Told | undefined;
  /** By the clock: it may have ended before that, and that is found out only now. */
  readonly deadlineMs?: number | undefined;
  /** Called after the container has ended and before it is removed, with the kept output. On rejection it stays. */
  readonly beforeRemoval?: (ended: Ended, output: KeptPieces) => Promise<void>;
  /** It is not there any more. */
  readonly onRemoved?: () => void;
}

/**
 * Follows a started container until it has ended and is removed, also one that an earlier process of this client has started: its
 * output, signals, cancel and deadline.
 *
 * Everything rests on what the engine says: it is asked again after each break, and while it is away the job waits. A job that was
 * told to end waits for 5 s at most.
 * @throws JobFailure unless the container has ended with 0 and was not told to
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
    // What keeps it from ending is said by the wait or the removal.
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
    // Its deadline has passed, or may pass now, while nobody takes the output: that is no reason to know less of its end.
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
    // What is missing of its output comes too late, but how it ended is known.
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
 * Resolves when a server has it all, or nobody takes it in time: soon once `signal` has aborted. A deadline that passes now is none
 * of the output's business.
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
    // It may have ended meanwhile, as with kill(2).
    job.print(`job ${job.id}: ${signal} did not arrive: ${failureOf(error).message}`);
  }
}
