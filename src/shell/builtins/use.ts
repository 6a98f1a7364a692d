import type { Builtin } from '../../plugin/builtin.ts';
import { atMost } from '../parse/builtin-arguments.ts';
import { targetsOf } from '../parse/parse.ts';

export const useBuiltin: Builtin = {
  name: 'use',
  usage: 'use [TARGET]',
  summary: 'Set or show the target of commands that name none: names, globs, label=value, all or online.',
  example: 'use w1,db-*',
  completes: ['target'],
  prepare(context, words) {
    atMost(useBuiltin, words, 1);
    const [given] = words;
    const targets = given && targetsOf(given);
    return async () => {
      // `all` and `online` may match no client yet.
      if (targets && !targets.some((target) => target === 'all' || target === 'online')) {
        if (!(await context.clientsReady())) return;
        await context.service.resolve(targets);
      }
      if (targets) context.targets = targets;
      const shown = context.targets.join(',');
      if (targets) context.output.note(`commands now go to ${shown}`);
      else context.output.say(`commands go to ${shown}`, { targets: context.targets });
    };
  },
};
