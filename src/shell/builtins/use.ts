import type { Builtin } from '../../plugin/builtin.ts';
import { atMost } from '../parse/builtin-arguments.ts';
import { targetsOf } from '../parse/parse.ts';

export const useBuiltin: Builtin = {
  name: 'use',
  usage: 'use [TARGET]',
  summary: 'Set what commands without a target go to, or show it: names, globs, label=value, all or online.',
  example: 'use w1,db-*',
  completes: ['target'],
  prepare(context, words) {
    atMost(useBuiltin, words, 1);
    const [given] = words;
    const targets = given && targetsOf(given);
    return async () => {
      // These may be nobody yet.
      if (targets && !targets.some((target) => target === 'all' || target === 'online')) {
        if (!(await context.clientsReady())) return;
        await context.service.resolve(targets);
      }
      if (targets) context.targets = targets;
      const shown = context.targets.join(',');
      if (targets) context.output.note(`commands go to ${shown} now`);
      else context.output.say(`commands go to ${shown}`, { targets: context.targets });
    };
  },
};
