import type { Builtin } from '../../plugin/builtin.ts';
import { sleep } from '../../timer.ts';
import { atMost, durationOf } from '../parse/builtin-arguments.ts';

export const sleepBuiltin: Builtin = {
  name: 'sleep',
  usage: 'sleep DURATION',
  summary: 'Do nothing for a while.',
  example: 'sleep 1.5s',
  prepare({ signal }, words) {
    const ms = durationOf(sleepBuiltin, words[0]);
    atMost(sleepBuiltin, words, 1);
    return () => sleep(ms, signal);
  },
};
