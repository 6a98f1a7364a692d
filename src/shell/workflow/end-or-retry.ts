import { atMost, splitOptions } from '../parse/builtin-arguments.ts';
import type { WorkflowAction } from './action.ts';
import { ask } from './ask.ts';
import { namedRun, namedTask } from './named-run.ts';
import { startRun } from './wait-for-run.ts';

export const cancelAction: WorkflowAction = {
  name: 'workflow cancel',
  usage: 'workflow cancel RUN',
  example: 'workflow cancel 7',
  completes: 'running-run',
  prepare({ service, output }, words) {
    const { plain } = splitOptions(cancelAction, words);
    const run = namedRun(cancelAction, plain[0]);
    atMost(cancelAction, plain, 1);
    return async () => {
      await ask(service, 'cancel', { run });
      output.say(`run ${run} is being cancelled: no more of its tasks are sent`, { run: { run } });
    };
  },
};

export const retryAction: WorkflowAction = {
  name: 'workflow retry',
  usage: 'workflow retry RUN[/TASK] [--wait]',
  example: 'workflow retry 7',
  completes: 'retriable',
  options: [{ option: '--wait', about: 'wait for the run to end, as a script always does' }],
  prepare(context, words) {
    const { plain, options } = splitOptions(retryAction, words);
    const { run, task } = namedTask(retryAction, plain[0]);
    atMost(retryAction, plain, 1);
    return async () => {
      const start = () => ask(context.service, 'retry', { run, ...(task !== undefined && { task }) });
      await startRun(context, start, options.has('--wait'));
    };
  },
};
