import { setImmediate as nextTurn } from 'node:timers/promises';
import { SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { type JobContext, JobFailure } from '../plugin/implement.ts';
import type { Job } from './job.ts';

/** The work of a job, after its arguments have been checked. */
export type Work = (job: JobContext) => unknown;

export interface Task {
  readonly work: Work;
  /** Validates the returned value. */
  resultOf(value: unknown): unknown;
  /** It ends in the turn in which it begins. */
  readonly brief: boolean;
}

/** Runs a job and settles it with the outcome. Never rejects. */
export async function runJob(
  job: Job,
  { work, resultOf, brief }: Task,
  { traceparent, print }: { traceparent: string | undefined; print: (line: string) => void },
): Promise<void> {
  const durationMs = () => Math.round(monotonicMs() - job.startedAtMs);
  const context: JobContext = {
    id: job.id,
    traceparent,
    get signal() {
      return job.signal;
    },
    output: (stream, data) => job.write(stream, Buffer.from(data)),
    progress: (fraction, note) => job.report(fraction, note),
    outputFrom: (source) => job.outputFrom(source),
    outputFull: (isFull) => job.outputFull(isFull),
    onSignal: (listener) => job.onSignal(listener),
    print,
  };
  try {
    // Let the receive loop continue and `accepted` leave first: the work may block this process.
    await (brief ? undefined : nextTurn());
    const result = resultOf(await work(context));
    if (job.endCause?.code === 'deadline_exceeded') throw job.endCause;
    job.settle({ outcome: 'completed', ...(result !== undefined && { result }), durationMs: durationMs() });
  } catch (error) {
    const cause = job.endCause ?? SignalboxError.from(error, 'command_failed');
    const outcome = job.endCause && cause.code !== 'deadline_exceeded' ? 'cancelled' : 'failed';
    const facts = error instanceof JobFailure ? { result: factsOf(error, resultOf) } : {};
    job.settle({ outcome, ...facts, error: cause.toWire(), durationMs: durationMs() });
  }
}

/** Details of a failure, if they match the contract. */
function factsOf({ result }: JobFailure, resultOf: (value: unknown) => unknown): unknown {
  try {
    return resultOf(result);
  } catch {
    return undefined;
  }
}
