import { sleep } from '../../timer.ts';
import type { Builtin } from '../builtin.ts';
import { atMost, durationOf } from '../parse/word-arguments.ts';

export const sleepWord: Builtin = {
  name: 'sleep',
  usage: 'sleep DURATION',
  summary: 'Do nothing for a while.',
  example: 'sleep 1.5s',
  prepare(_shell, words) {
    const ms = durationOf(sleepWord, words[0]);
    atMost(sleepWord, words, 1);
    return (signal) => sleep(ms, signal);
  },
};
