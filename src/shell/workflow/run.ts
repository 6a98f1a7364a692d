import type { Word } from '../../plugin/statement.ts';
import { atMost, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import type { WorkflowAction } from './action.ts';
import { ask } from './ask.ts';
import { isFile, readWorkflow } from './read-workflow.ts';
import { startRun } from './wait-for-run.ts';

export const runAction: WorkflowAction = {
  name: 'workflow run',
  usage: 'workflow run NAME|FILE [--param k=v]… [--from TASK]… [--wait]',
  example: 'workflow run nightly.yaml --param keep=7',
  completes: 'workflow',
  options: [
    { option: '--param', label: 'K=V', about: 'a parameter of the workflow; may be repeated', completes: 'parameter' },
    {
      option: '--from',
      label: 'TASK',
      about: 'run only this task and the tasks after it; may be repeated',
      completes: 'task',
    },
    { option: '--wait', about: 'wait for the run to end, as a script always does' },
  ],
  prepare(context, words) {
    const { plain, options, given } = splitOptions(runAction, words);
    const [what] = plain;
    if (!what) throw usageError(runAction, 'a workflow is missing; workflow list shows them');
    atMost(runAction, plain, 1);
    const of = (option: string) => given.filter(([one]) => one === option).map(([, value]) => value);
    const params = Object.fromEntries(of('--param').map(parameter));
    const from = of('--from').map(({ text }) => text);
    return async () => {
      if (!(await context.clientsReady())) return;
      const source = isFile(what.text) ? readWorkflow(what.text, context) : { name: what.text };
      const start = () => ask(context.service, 'run', { source, params, ...(from.length > 0 && { from }) });
      await startRun(context, start, options.has('--wait'));
    };
  },
};

function parameter(word: Word): [string, string] {
  const at = word.text.indexOf('=');
  if (at <= 0) throw usageError(runAction, `--param takes NAME=VALUE, not '${word.text}'`, word);
  return [word.text.slice(0, at), word.text.slice(at + 1)];
}
