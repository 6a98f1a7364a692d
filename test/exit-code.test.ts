import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, errorCodes } from '../schemas/index.ts';
import {
  type ExitCode,
  exitCodeOfError,
  exitCodeOfOutcome,
  exitCodeOfProgram,
  exitCodes,
  worst,
} from '../src/exit-code.ts';
import type { JobOutcome } from '../src/index.ts';

const job = { id: 'boot.1', client: 'w1', command: 'ping', durationMs: 1 };
const ended = (outcome: Exclude<JobOutcome['outcome'], 'completed'>, code: ErrorCode): JobOutcome => ({
  ...job,
  outcome,
  error: { code, message: 'so it is' },
});

describe('the exit code of an outcome', () => {
  test('completed is 0, whatever the result', () => {
    const completed: JobOutcome = { ...job, outcome: 'completed', result: false };
    expect(exitCodeOfOutcome(completed, false)).toBe(0);
  });

  test.each<[Parameters<typeof ended>[0], ErrorCode, ExitCode]>([
    ['failed', 'command_failed', 4],
    ['failed', 'bad_result', 4],
    ['failed', 'deadline_exceeded', 5],
    ['failed', 'not_allowed', 7],
    ['cancelled', 'cancelled', 4],
    ['rejected', 'not_ready', 4],
    ['rejected', 'busy', 4],
    ['rejected', 'offline', 4],
    ['rejected', 'unknown_command', 4],
    ['rejected', 'terminating', 4],
    ['rejected', 'not_allowed', 7],
    ['expired', 'expired', 5],
    ['lost', 'lost', 6],
  ])('%s with %s is %i', (outcome, code, exitCode) => {
    expect(exitCodeOfOutcome(ended(outcome, code), false)).toBe(exitCode);
  });

  test.each<[Parameters<typeof ended>[0], ErrorCode, ExitCode]>([
    ['cancelled', 'cancelled', 0],
    ['failed', 'command_failed', 4],
    ['rejected', 'terminating', 4],
    ['lost', 'lost', 6],
  ])('%s is %s: %i where the script itself told it to end', (outcome, code, exitCode) => {
    expect(exitCodeOfOutcome(ended(outcome, code), true)).toBe(exitCode);
  });
});

describe('the exit code of an error', () => {
  test.each<[ErrorCode, ExitCode]>([
    ['bad_usage', 2],
    ['bad_arguments', 2],
    ['unknown_command', 2],
    ['message_too_large', 2],
    ['no_such_target', 3],
    ['no_such_job', 3],
    ['offline', 4],
    ['timed_out', 5],
    ['not_allowed', 7],
    ['insecure_endpoint', 7],
    ['cannot_bind', 8],
    ['cannot_connect', 8],
    ['internal', 1],
  ])('%s is %i', (code, exitCode) => {
    expect(exitCodeOfError(code)).toBe(exitCode);
  });

  test('no code of the list means success', () => {
    const codes = Object.keys(errorCodes) as ErrorCode[];
    expect(codes.filter((code) => exitCodeOfError(code) === 0)).toEqual([]);
  });
});

describe('of several codes', () => {
  const worstFirst: ExitCode[] = [1, 6, 7, 4, 5, 3, 2, 0];
  const all = Object.keys(exitCodes).map((code) => Number(code) as ExitCode);

  test.each(worstFirst.slice(1).map((code, index) => [worstFirst[index] ?? 0, code] as const))(
    '%i counts before %i, in either order',
    (first, second) => {
      expect([worst(first, second), worst(second, first)]).toEqual([first, first]);
    },
  );

  test('the order in which they occurred has no effect', () => {
    const some = fc.array(fc.constantFrom(...all), { maxLength: 6 });
    fc.assert(
      fc.property(some, (codes) => {
        const reduced = codes.reduce<ExitCode>(worst, 0);
        expect(codes.toReversed().reduce<ExitCode>(worst, 0)).toBe(reduced);
        expect(codes.length === 0 ? [0] : codes).toContain(reduced);
      }),
    );
  });
});

describe('the exit code of a program', () => {
  const failed = { outcome: 'failed', error: { code: 'command_failed', message: '' } } as const;

  test.each([
    [{ ...failed, result: { exitCode: 3, signal: null } }, 3],
    [{ ...failed, result: { exitCode: 300, signal: null } }, 255],
    [{ ...failed, result: { exitCode: null, signal: 'SIGKILL' } }, 137],
    [{ ...failed, result: { exitCode: null, signal: 'SIGNONE' } }, undefined],
    [{ ...failed, result: { exitCode: 0, signal: null } }, undefined],
    [failed, undefined],
    [{ ...failed, error: { code: 'deadline_exceeded', message: '' }, result: { exitCode: 3 } }, undefined],
    [{ outcome: 'cancelled', error: { code: 'cancelled', message: '' }, result: { exitCode: 3 } }, undefined],
    [{ outcome: 'completed', result: { exitCode: 3 } }, undefined],
  ] as const)('of %j is %j', (ended, exitCode) => {
    expect(exitCodeOfProgram(ended)).toBe(exitCode);
  });
});
