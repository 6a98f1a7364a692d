import { setImmediate as nextTurn } from 'node:timers/promises';
import { SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { type JobContext, JobFailure } from '../plugin/implement.ts';
import type { Job } from './job.ts';

/** What a job is to do, once it has been checked. */
export type Work = (job: JobContext) => unknown;

export interface Task {
  readonly work: Work;
  /** Checks what the work returned. */
  resultOf(value: unknown): unknown;
  /** It ends in the turn in which it begins. */
  readonly brief: boolean;
}

/** Does the work of a job and settles it, however that ends. Never rejects. */
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
    // The receive loop goes on first, and `accepted` leaves: the work may hold this process up.
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

/** What a failure says of itself, where that fits the contract. */
function factsOf({ result }: JobFailure, resultOf: (value: unknown) => unknown): unknown {
  try {
    return resultOf(result);
  } catch {
    return undefined;
  }
}
