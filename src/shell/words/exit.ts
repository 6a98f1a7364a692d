import type { ShellWord } from '../word.ts';
import { atMost } from '../word-arguments.ts';

export const exitWord: ShellWord = {
  name: 'exit',
  usage: 'exit',
  summary: 'Leave. Jobs go on at their clients; the next server adopts them.',
  example: 'exit',
  prepare(shell, words) {
    atMost(exitWord, words, 0);
    return () => {
      shell.exited = true;
    };
  },
};
