import { atMost, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import type { WorkflowAction } from './action.ts';
import { ask } from './ask.ts';
import { namedTask } from './named-run.ts';

export const approveAction: WorkflowAction = {
  name: 'workflow approve',
  usage: 'workflow approve RUN/TASK [--refuse]',
  example: 'workflow approve 7/deploy',
  completes: 'question',
  options: [{ option: '--refuse', about: 'answer no: the task is cancelled' }],
  prepare({ service, output }, words) {
    const { plain, options } = splitOptions(approveAction, words);
    const [word] = plain;
    const { run, task } = namedTask(approveAction, word);
    if (task === undefined) throw usageError(approveAction, 'a task is missing; use for example 7/deploy', word);
    atMost(approveAction, plain, 1);
    const answer = options.has('--refuse') ? 'refused' : 'approved';
    return async () => {
      await ask(service, 'approve', { run, task, answer });
      output.say(`${task} of run ${run} is ${answer}`, { run: { run, task, answer } });
    };
  },
};
