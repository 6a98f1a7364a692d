import type { ShellWord } from '../word.ts';
import { atMost } from '../word-arguments.ts';

export const exitWord: ShellWord = {
  name: 'exit',
  usage: 'exit',
  summary:
    'Leave. A script waits for its jobs first; those of a prompt go on at their clients, and the next server adopts them.',
  example: 'exit',
  prepare(shell, words) {
    atMost(exitWord, words, 0);
    return () => {
      shell.exited = true;
    };
  },
};
