import type { CommandContract } from '../../../schemas/index.ts';
import { ShellError, type Span } from '../shell-error.ts';
import { usage } from './usage.ts';

/** An error about the arguments of a command, with what can be typed instead. */
export function argumentError(contract: CommandContract, message: string, word?: Span): ShellError {
  return new ShellError('bad_arguments', message, {
    at: word && { start: word.start, end: word.end },
    hint: `usage: ${usage(contract)}\nexample: ${contract.example}`,
  });
}
