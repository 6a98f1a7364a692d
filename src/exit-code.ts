import { constants } from 'node:os';
import type { ErrorCode, Outcome, WireError } from '../schemas/index.ts';

/** What the program's exit tells whoever started it. The same in text and JSON. */
export const exitCodes = {
  0: 'all done (what the script itself cancelled or terminated is no failure)',
  1: 'internal error',
  2: 'bad usage or arguments; nothing of that line was sent',
  3: 'no such target or job; nothing of that line was sent',
  4: 'a client rejected, failed, was cancelled by another, or lost output that was not to be dropped',
  5: 'too late: expired, a deadline, --wait, wait --timeout, --connect-timeout',
  6: 'an outcome is unknown: lost, or the store or the server did not answer',
  7: 'not allowed: keys, credentials, not_allowed',
  8: 'cannot bind or connect, or the store cannot be had',
  124: "the program's own --timeout ran out",
  130: 'interrupted (SIGINT): what a script began was cancelled',
  143: 'terminated (SIGTERM): what a script began goes on',
} as const;

export type ExitCode = keyof typeof exitCodes;

/** Of several failures the first in this order counts. */
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

/** For an error about a line or about the program itself. */
export function exitCodeOfError(code: ErrorCode): ExitCode {
  return byError[code] ?? 1;
}

type JobEnd =
  | { readonly outcome: 'completed' }
  | { readonly outcome: Exclude<Outcome, 'completed'>; readonly error: WireError };

/** For how a job of the script ended. `ours`: the script itself told it to end. */
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
 * The exit code of the program that a job ran, where it failed by that alone; 128 and its number for a signal, as shells
 * have it.
 */
export function exitCodeOfProgram(ended: JobEnd & { readonly result?: unknown }): number | undefined {
  if (ended.outcome !== 'failed' || ended.error.code !== 'command_failed') return undefined;
  const { exitCode, signal }: { exitCode?: unknown; signal?: unknown } = Object(ended.result);
  if (typeof exitCode === 'number' && exitCode > 0) return Math.min(exitCode, maxExitCode);
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return number && 128 + number;
}

/** What a process can end with. */
const maxExitCode = 255;
