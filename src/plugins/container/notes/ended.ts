import { JobFailure, SignalboxError } from '../../../index.ts';
import type { ContainerResult } from '../contracts/container.ts';
import { describeContainer } from '../contracts/describe-container.ts';
import type { Ended, Told } from './note.ts';

/** The reason why the signal of a job has aborted; undefined if it has not. */
export function toldBy(signal: AbortSignal): Told | undefined {
  if (!signal.aborted) return undefined;
  const { code, message } = SignalboxError.from(signal.reason, 'cancelled');
  return { code: code === 'deadline_exceeded' ? code : 'cancelled', message };
}

/** The end of a job whose container has ended. */
export function endedBy(result: ContainerResult, told: Told | undefined): Ended {
  const hasSucceeded = result.exitCode === 0 && !told;
  return { result, ...(told && { told }), ...(!hasSucceeded && { failure: describeContainer(result) }) };
}

/** The end of a job whose container was never started. */
export function endedBefore(reason: unknown, signal: AbortSignal): Ended {
  const told = toldBy(signal);
  return { failure: SignalboxError.from(reason, 'command_failed').message, ...(told && { told }) };
}

/**
 * Ends the job with this end, in any process.
 * @throws JobFailure unless the job has completed
 */
export function settle({ failure, told, result }: Ended): ContainerResult {
  if (failure === undefined && result) return result;
  const cause = told && new SignalboxError(told.code, told.message);
  throw new JobFailure(failure ?? 'its end was not recorded', result, { cause });
}
