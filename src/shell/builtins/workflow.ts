import { nearest } from '../../nearest.ts';
import type { Builtin } from '../../plugin/builtin.ts';
import { usageError } from '../parse/builtin-arguments.ts';
import type { WorkflowAction } from '../workflow/action.ts';
import { checkAction } from '../workflow/check.ts';

const actions: Readonly<Record<string, WorkflowAction>> = {
  check: checkAction,
};
const names = Object.keys(actions);

export const workflowBuiltin: Builtin = {
  name: 'workflow',
  usage: 'workflow check FILE…',
  summary: 'Check the files of workflows against the commands of this server; each error has its line and column.',
  example: 'workflow check nightly.yaml',
  completes: [names, 'file'],
  options: Object.values(actions).flatMap(({ options = [] }) => options),
  prepare(context, [word, ...words]) {
    if (!word) throw usageError(workflowBuiltin, `what of workflow? ${names.join(', ')}`);
    const action = Object.hasOwn(actions, word.text) ? actions[word.text] : undefined;
    if (action) return action.prepare(context, words);
    const meant = nearest(word.text, names);
    const hint = meant === undefined ? `there is ${names.join(', ')}` : `did you mean ${meant}?`;
    throw usageError(workflowBuiltin, `workflow has no ${word.text}; ${hint}`, word);
  },
};
