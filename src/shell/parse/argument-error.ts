import type { CommandContract } from '../../../schemas/index.ts';
import { ShellError, type Span } from '../shell-error.ts';
import { shortUsage, usage } from './usage.ts';

/** Characters: a longer usage folds its options into one word. */
const longest = 240;

/** An error about the arguments of a command, with its usage and an example. */
export function argumentError(contract: CommandContract, message: string, word?: Span): ShellError {
  const whole = usage(contract);
  const shown = whole.length > longest ? `${shortUsage(contract)}\noptions: help ${contract.name}` : whole;
  return new ShellError('bad_arguments', message, {
    at: word && { start: word.start, end: word.end },
    hint: `usage: ${shown}\nexample: ${contract.example}`,
  });
}
