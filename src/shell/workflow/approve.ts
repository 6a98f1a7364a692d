import { atMost, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import type { WorkflowAction } from './action.ts';
import { ask } from './ask.ts';
import { namedTask } from './named-run.ts';

export const approveAction: WorkflowAction = {
  name: 'workflow approve',
  usage: 'workflow approve RUN/TASK [--refuse]',
  example: 'workflow approve 7/deploy',
  completes: 'question',
  options: [{ option: '--refuse', about: 'the answer is no: the task is cancelled' }],
  prepare({ service, output }, words) {
    const { plain, options } = splitOptions(approveAction, words);
    const [word] = plain;
    const { run, task } = namedTask(approveAction, word);
    if (task === undefined) throw usageError(approveAction, 'which task of which run? 7/deploy, say', word);
    atMost(approveAction, plain, 1);
    const answer = options.has('--refuse') ? 'refused' : 'approved';
    return async () => {
      await ask(service, 'approve', { run, task, answer });
      output.say(`${task} of run ${run} is ${answer}`, { run: { run, task, answer } });
    };
  },
};
