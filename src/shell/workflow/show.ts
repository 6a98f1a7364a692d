import { atMost, splitOptions } from '../parse/builtin-arguments.ts';
import type { WorkflowAction } from './action.ts';
import { ask } from './ask.ts';
import { drawRun } from './draw-run.ts';
import { namedRun } from './named-run.ts';

export const showAction: WorkflowAction = {
  name: 'workflow show',
  usage: 'workflow show RUN',
  example: 'workflow show 7',
  completes: 'run',
  prepare({ service, output }, words) {
    const { plain } = splitOptions(showAction, words);
    const run = namedRun(showAction, plain[0]);
    atMost(showAction, plain, 1);
    return async () => {
      const details = await ask(service, 'show', { run });
      output.say(drawRun(details), { run: details });
    };
  },
};
