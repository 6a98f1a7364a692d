import { rejectOnAbort } from '../../reject-on-abort.ts';
import type { Builtin } from '../builtin.ts';
import { parseLine } from '../parse/parse.ts';
import { atMost } from '../parse/word-arguments.ts';

export const useWord: Builtin = {
  name: 'use',
  usage: 'use [TARGET]',
  summary: 'Set what commands without a target go to, or show it: names, globs or all.',
  example: 'use w1,db-*',
  completes: ['target'],
  prepare(shell, words) {
    atMost(useWord, words, 1);
    const [given] = words;
    // The same rules as for a target before a command.
    const targets = given && parseLine(`@${given.text.replace(/^@/, '')} use`)[0]?.targets;
    return async (signal) => {
      // All may be nobody yet.
      if (targets && !targets.includes('all')) {
        if (!(await shell.clientsReady(signal))) return;
        await rejectOnAbort(shell.service.resolve(targets), signal);
      }
      if (targets) shell.targets = targets;
      const shown = shell.targets.join(',');
      if (targets) shell.output.note(`commands go to ${shown} now`);
      else shell.output.say(`commands go to ${shown}`, { targets: shell.targets });
    };
  },
};
