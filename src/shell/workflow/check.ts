import { SignalboxError } from '../../../schemas/errors.ts';
import { printable } from '../../host/printable.ts';
import { splitOptions, usageError } from '../parse/builtin-arguments.ts';
import type { WorkflowAction } from './action.ts';
import { ask } from './ask.ts';
import { readWorkflow } from './read-workflow.ts';

export const checkAction: WorkflowAction = {
  name: 'workflow check',
  usage: 'workflow check FILE…',
  example: 'workflow check nightly.yaml',
  completes: 'file',
  prepare(context, words) {
    const { plain } = splitOptions(checkAction, words);
    if (plain.length === 0) throw usageError(checkAction, 'a file is missing');
    return async () => {
      for (const { text: path } of plain) {
        const source = readWorkflow(path, context);
        const { name, tasks, problems } = await ask(context.service, 'check', source);
        const facts = { file: path, name, tasks, problems };
        const lines = problems.map(({ line, column, sentence }) => printable(`${path}:${line}:${column}: ${sentence}`));
        const count = tasks === 1 ? '1 task' : `${tasks} tasks`;
        context.output.say(lines.length > 0 ? lines.join('\n') : `${path}: ${name} is valid: ${count}`, facts);
        if (problems.length > 0) context.fail(new SignalboxError('bad_usage', `${path} is not valid`));
      }
    };
  },
};
