import type { BuiltinContext, BuiltinOption, Completes, Run } from '../../plugin/builtin.ts';
import type { Word } from '../../plugin/statement.ts';
import type { Usage } from '../parse/builtin-arguments.ts';

/** What follows the word `workflow`. */
export interface WorkflowAction extends Usage {
  /** Kind of the word after it. Default: none. */
  readonly completes?: Completes;
  readonly options?: readonly BuiltinOption[];
  prepare(context: BuiltinContext, words: readonly Word[]): Run;
}
