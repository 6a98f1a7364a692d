import type { BuiltinContext, BuiltinOption, Run } from '../../plugin/builtin.ts';
import type { Word } from '../../plugin/statement.ts';
import type { Usage } from '../parse/builtin-arguments.ts';

/** What follows the word `workflow`. */
export interface WorkflowAction extends Usage {
  readonly options?: readonly BuiltinOption[];
  prepare(context: BuiltinContext, words: readonly Word[]): Run;
}
