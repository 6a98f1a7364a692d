import type { CommandContract } from '../../../schemas/index.ts';
import type { Share } from '../../plugin/send-options.ts';
import { shorten } from '../shell-error.ts';
import { argumentError } from './argument-error.ts';
import type { Given } from './assign-words.ts';

/** Parses a number or percentage: `10`, `25%`. @throws ShellError `bad_arguments` */
export function shareOf(
  contract: CommandContract,
  option: string,
  given: Given | undefined,
  least: number,
): Share | undefined {
  if (given === undefined) return undefined;
  const { text, word } = given;
  const [, digits, percent] = /^(\d{1,6})(%?)$/.exec(text) ?? [];
  const count = Number(digits ?? -1);
  if (count >= least && (!percent || count <= 100)) return percent ? `${count}%` : count;
  const form = `a whole number from ${least}, or ${least}% to 100%`;
  throw argumentError(contract, `${option} must be ${form}, not '${shorten(text)}'`, word);
}

/** @throws ShellError `bad_arguments` for `--max-failures` without `--batch`. */
export function refuseWithoutBatch(
  contract: CommandContract,
  batch: Share | undefined,
  maxFailures: Given | undefined,
): void {
  if (batch !== undefined || !maxFailures) return;
  const why = '--max-failures needs --batch: without it everything is sent at once';
  throw argumentError(contract, why, maxFailures.word);
}
