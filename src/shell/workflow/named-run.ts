import type { Word } from '../../plugin/statement.ts';
import { type Usage, usageError } from '../parse/builtin-arguments.ts';

/** The number of a run. @throws ShellError */
export function namedRun(action: Usage, word: Word | undefined): number {
  if (!word) throw usageError(action, 'which run? workflow list names them');
  if (/^[1-9]\d{0,9}$/.test(word.text)) return Number(word.text);
  throw usageError(action, `'${word.text}' is no number of a run; workflow list names them`, word);
}
