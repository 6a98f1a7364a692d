import { nearest } from '../../nearest.ts';
import type { Builtin } from '../../plugin/builtin.ts';
import { usageError } from '../parse/builtin-arguments.ts';
import type { WorkflowAction } from '../workflow/action.ts';
import { approveAction } from '../workflow/approve.ts';
import { checkAction } from '../workflow/check.ts';
import { cancelAction, retryAction } from '../workflow/end-or-retry.ts';
import { listAction } from '../workflow/list.ts';
import { runAction } from '../workflow/run.ts';
import { showAction } from '../workflow/show.ts';

const actions: Readonly<Record<string, WorkflowAction>> = {
  check: checkAction,
  run: runAction,
  list: listAction,
  show: showAction,
  cancel: cancelAction,
  retry: retryAction,
  approve: approveAction,
};
const names = Object.keys(actions);
const kinds = Object.fromEntries(
  Object.entries(actions).flatMap(([name, { completes }]) => (completes === undefined ? [] : [[name, completes]])),
);
const options = Object.values(actions).flatMap((action) => action.options ?? []);

export const workflowBuiltin: Builtin = {
  name: 'workflow',
  usage: 'workflow check|run|list|show|cancel|retry|approve …',
  summary:
    'Check and run workflows: files of tasks with needs, conditions and retries. A script waits for its run and fails if the run fails.',
  example: 'workflow run nightly.yaml',
  completes: [names, kinds],
  options: options.filter(({ option }, place) => options.findIndex((one) => one.option === option) === place),
  prepare(context, [word, ...words]) {
    if (!word) throw usageError(workflowBuiltin, `workflow takes one of ${names.join(', ')}`);
    const action = Object.hasOwn(actions, word.text) ? actions[word.text] : undefined;
    if (action) return action.prepare(context, words);
    const meant = nearest(word.text, names);
    const hint = meant === undefined ? `it takes one of ${names.join(', ')}` : `did you mean ${meant}?`;
    throw usageError(workflowBuiltin, `workflow has no action '${word.text}'; ${hint}`, word);
  },
};
