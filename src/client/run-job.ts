import { setImmediate as nextTurn } from 'node:timers/promises';
import { SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { type JobContext, JobFailure } from '../plugin/implement.ts';
import type { Job } from './job.ts';
import type { Task, Work } from './task.ts';

/** Runs a job after this turn and settles it with the outcome. Never rejects. */
export async function runJob(job: Job, task: Task, work: Work, context: JobContext): Promise<void> {
  // The receive loop must continue and `accepted` must leave first, because the work may block this process.
  await nextTurn();
  await runNow(job, task, work, context);
}

/**
 * Runs a job and settles it with the outcome. Never throws.
 *
 * For a brief job that returns a plain value no promise is created, which saves a fifth of the cost of such a command.
 * @returns undefined if the job is settled; otherwise a promise that resolves when it is, and never rejects.
 */
export function runNow(job: Job, task: Task, work: Work, context: JobContext): Promise<void> | undefined {
  try {
    const value = work(context);
    if (isPromise(value)) return runOn(job, task, value);
    complete(job, task, value);
  } catch (error) {
    fail(job, task, error);
  }
  return undefined;
}

async function runOn(job: Job, task: Task, value: PromiseLike<unknown>): Promise<void> {
  try {
    complete(job, task, await value);
  } catch (error) {
    fail(job, task, error);
  }
}

function complete(job: Job, task: Task, value: unknown): void {
  const result = task.resultOf(value);
  if (job.endCause?.code === 'deadline_exceeded') throw job.endCause;
  const durationMs = durationOf(job);
  job.settle(
    result === undefined ? { outcome: 'completed', durationMs } : { outcome: 'completed', result, durationMs },
  );
}

function fail(job: Job, task: Task, error: unknown): void {
  const told = job.endCause ?? toldBefore(error);
  const cause = told ?? SignalboxError.from(error, 'command_failed');
  const outcome = told && told.code !== 'deadline_exceeded' ? 'cancelled' : 'failed';
  const facts = error instanceof JobFailure ? { result: factsOf(error, task) } : {};
  job.settle({ outcome, ...facts, error: cause.toWire(), durationMs: durationOf(job) });
}

/** The cause of an end that an earlier process had already requested. */
function toldBefore(error: unknown): SignalboxError | undefined {
  const cause = error instanceof JobFailure ? error.cause : undefined;
  if (!(cause instanceof SignalboxError)) return undefined;
  return cause.code === 'cancelled' || cause.code === 'deadline_exceeded' ? cause : undefined;
}

/** The details of a failure, if they match the contract. */
function factsOf({ result }: JobFailure, task: Task): unknown {
  try {
    return task.resultOf(result);
  } catch {
    return undefined;
  }
}

const durationOf = (job: Job): number => Math.round(monotonicMs() - job.startedAtMs);

/** Whether `await` would wait for the value. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
