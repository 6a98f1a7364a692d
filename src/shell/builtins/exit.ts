import type { Builtin } from '../../plugin/builtin.ts';
import { atMost, usageError } from '../parse/builtin-arguments.ts';

export const exitBuiltin: Builtin = {
  name: 'exit',
  usage: 'exit [CODE]',
  summary:
    'Exit with this code. A script waits for its jobs first. Jobs of a prompt keep running on their clients, and the next server adopts them; with --spawn they end, and the prompt asks first.',
  example: 'exit',
  prepare(context, words) {
    atMost(exitBuiltin, words, 1);
    const [given] = words;
    if (given && !(/^\d{1,3}$/.test(given.text) && Number(given.text) <= 255)) {
      throw usageError(exitBuiltin, `an exit code is a whole number from 0 to 255, not '${given.text}'`, given);
    }
    return () => context.exit(given && Number(given.text));
  },
};
