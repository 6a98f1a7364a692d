import type { Word } from '../../plugin/statement.ts';
import { type Usage, usageError } from '../parse/builtin-arguments.ts';

/** Parses a run, or one of its tasks. @throws ShellError */
export function namedTask(action: Usage, word: Word | undefined): { readonly run: number; readonly task?: string } {
  const at = word?.text.indexOf('/') ?? -1;
  if (!word || at === -1) return { run: namedRun(action, word) };
  return { run: namedRun(action, { ...word, text: word.text.slice(0, at) }), task: word.text.slice(at + 1) };
}

/** Parses the number of a run. @throws ShellError */
export function namedRun(action: Usage, word: Word | undefined): number {
  if (!word) throw usageError(action, 'a run is missing; workflow list shows them');
  if (/^[1-9]\d{0,9}$/.test(word.text)) return Number(word.text);
  throw usageError(action, `'${word.text}' is not the number of a run; workflow list shows them`, word);
}
