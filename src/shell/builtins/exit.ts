import type { Builtin } from '../builtin.ts';
import { atMost, wordError } from '../parse/word-arguments.ts';

export const exitWord: Builtin = {
  name: 'exit',
  usage: 'exit [CODE]',
  summary:
    'Leave, with this exit code. A script waits for its jobs first. Those of a prompt go on at their clients, and the next server adopts them; with --spawn they end, and the prompt asks first.',
  example: 'exit',
  prepare(shell, words) {
    atMost(exitWord, words, 1);
    const [given] = words;
    if (given && !(/^\d{1,3}$/.test(given.text) && Number(given.text) <= 255)) {
      throw wordError(exitWord, `an exit code is a whole number from 0 to 255, not '${given.text}'`, given);
    }
    return (_signal, place) => shell.exit(place, given && Number(given.text));
  },
};
