import { constants } from 'node:os';
import type { ErrorCode, Outcome, WireError } from '../schemas/index.ts';

/** Exit codes of the program, the same for text and JSON output. */
export const exitCodes = {
  0: 'success (jobs that the script itself cancelled or terminated are not failures)',
  1: 'internal error',
  2: 'bad usage or arguments; nothing of that line was sent',
  3: 'no such target or job; nothing of that line was sent',
  4: 'a job was rejected, failed, was cancelled by others, or lost output that it must not drop',
  5: 'timed out: expired, a deadline, --wait, wait --timeout, --connect-timeout',
  6: 'an outcome is unknown: lost, or the store or the server did not answer',
  7: 'not allowed: keys, credentials, not_allowed',
  8: 'cannot bind, connect, or open the store',
  124: '--timeout of the program has passed',
  130: 'interrupted (SIGINT): the jobs of a script were cancelled',
  143: 'terminated (SIGTERM): the jobs of a script continue',
} as const;

export type ExitCode = keyof typeof exitCodes;

/** Of several failures, the first in this order decides. */
const worstFirst: readonly ExitCode[] = [143, 130, 124, 8, 1, 6, 7, 4, 5, 3, 2];

export function worst(a: ExitCode, b: ExitCode): ExitCode {
  return worstFirst.find((code) => code === a || code === b) ?? 0;
}

const byError: Partial<Record<ErrorCode, ExitCode>> = {
  bad_usage: 2,
  bad_arguments: 2,
  unknown_command: 2,
  message_too_large: 2,
  no_such_target: 3,
  no_such_job: 3,
  offline: 4,
  timed_out: 5,
  not_allowed: 7,
  insecure_endpoint: 7,
  cannot_bind: 8,
  cannot_connect: 8,
  unsupported_protocol: 8,
  unknown: 6,
  unavailable: 8,
  store_in_use: 8,
  bad_store: 8,
};

/** Exit code for an error of a line or of the program. */
export function exitCodeOfError(code: ErrorCode): ExitCode {
  return byError[code] ?? 1;
}

type JobEnd =
  | { readonly outcome: 'completed' }
  | { readonly outcome: Exclude<Outcome, 'completed'>; readonly error: WireError };

/** Exit code for the outcome of a job. @param ours whether the script itself ended the job. */
export function exitCodeOfOutcome(outcome: JobEnd, ours: boolean): ExitCode {
  switch (outcome.outcome) {
    case 'completed':
      return 0;
    case 'cancelled':
      return ours ? 0 : 4;
    case 'expired':
      return 5;
    case 'lost':
      return 6;
    case 'failed':
    case 'rejected':
      if (outcome.error.code === 'deadline_exceeded') return 5;
      return outcome.error.code === 'not_allowed' ? 7 : 4;
    default:
      return outcome satisfies never;
  }
}

/**
 * The exit code of the program of a job that failed only because of it; for a signal, 128 plus its number, as in shells.
 */
export function exitCodeOfProgram(ended: JobEnd & { readonly result?: unknown }): number | undefined {
  if (ended.outcome !== 'failed' || ended.error.code !== 'command_failed') return undefined;
  const { exitCode, signal }: { exitCode?: unknown; signal?: unknown } = Object(ended.result);
  if (typeof exitCode === 'number' && exitCode > 0) return Math.min(exitCode, maxExitCode);
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return number && 128 + number;
}

/** Largest exit code of a process. */
const maxExitCode = 255;
