import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import { type JobContext, JobFailure, type JobSignal, SignalboxError } from '../../index.ts';
import { type ContainerResult, factsOf, unknownEnd } from './container-facts.ts';
import { describeContainer } from './describe.ts';
import { failureOf } from './failure.ts';
import { Grace } from './grace.ts';
import { LogOutput } from './log-output.ts';
import { removeContainer } from './remove-container.ts';
import { stopContainer } from './stop-container.ts';
import { untilEnded } from './until-ended.ts';

/** What is left of the output is kept by the client when no server has taken it for so long, and the container is removed. */
const keptByEngineMs = 3_600_000;
/** The same when the job was told to end: a client that ends has little time. */
const lastOutputMs = 1_000;

export interface FollowOptions {
  /** Called when the container has ended, before it is removed. A rejection fails the job; the container stays. */
  readonly beforeRemoval?: (facts: ContainerResult) => Promise<void>;
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
  { beforeRemoval }: FollowOptions = {},
): Promise<ContainerResult> {
  using grace = new Grace(job.signal);
  const { giveUp } = grace;
  const output = new LogOutput(docker, id);
  job.outputFrom(output);
  const sent = new Set<string>();
  const isTold = () => job.signal.aborted;
  const isTimedOut = () =>
    isTold() && job.signal.reason instanceof SignalboxError && job.signal.reason.code === 'deadline_exceeded';
  let stopping: Promise<void> | undefined;
  const stop = () => {
    sent.add('SIGTERM').add('SIGKILL');
    // What keeps it from ending is said by the wait or the removal.
    stopping = stopContainer(docker, id, giveUp).catch(() => {});
  };
  job.onSignal((signal) => void send(docker, id, signal, { job, sent }));
  if (isTold()) stop();
  else job.signal.addEventListener('abort', stop, { once: true });
  let seen: ContainerInspectInfo | undefined;
  try {
    const onAway = () => job.progress(0, 'waits for the engine');
    const onSeen = (now: ContainerInspectInfo) => {
      seen = now;
    };
    seen = await untilEnded(docker, id, { signal: giveUp, isStopped: isTold, onAway, onSeen });
    const timedOut = isTimedOut();
    const cancelled = isTold() && !timedOut;
    job.signal.removeEventListener('abort', stop);
    await stopping;
    output.containerEnded();
    await outputTaken(output, job.signal);
    await output.keep(giveUp);
    const outputBytes = output.end('stdout') + output.end('stderr');
    const facts = factsOf(seen, { sent, timedOut, cancelled, outputBytes });
    await beforeRemoval?.(facts);
    if (!facts.left) await removeContainer(docker, id, giveUp);
    if (facts.exitCode === 0 && !isTold()) return facts;
    throw new JobFailure(describeContainer(facts), facts);
  } catch (error) {
    if (error instanceof JobFailure) throw error;
    if (!giveUp.aborted) throw failureOf(error);
    const facts = unknownEnd(id, seen, isTimedOut());
    job.print(`job ${job.id}: ${describeContainer(facts)}`);
    throw new JobFailure(describeContainer(facts), facts);
  } finally {
    job.signal.removeEventListener('abort', stop);
  }
}

/** Resolves when a server has it all, or nobody takes it in time. */
async function outputTaken(output: LogOutput, signal: AbortSignal): Promise<void> {
  const late = new AbortController();
  const none = async () => {
    await sleep(keptByEngineMs, undefined, { signal: AbortSignal.any([signal, late.signal]) }).catch(() => {});
    await sleep(lastOutputMs, undefined, { signal: late.signal }).catch(() => {});
  };
  await Promise.race([output.drained, none()]);
  late.abort('taken');
}

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
