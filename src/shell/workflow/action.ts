import type { BuiltinContext, BuiltinOption, Completes, Run } from '../../plugin/builtin.ts';
import type { Word } from '../../plugin/statement.ts';
import type { Usage } from '../parse/builtin-arguments.ts';

/** An action of the builtin `workflow`. */
export interface WorkflowAction extends Usage {
  /** Completion of the next word. Default: none. */
  readonly completes?: Completes;
  readonly options?: readonly BuiltinOption[];
  prepare(context: BuiltinContext, words: readonly Word[]): Run;
}
