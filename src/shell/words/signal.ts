import { jobSignalSchema } from '../../../schemas/index.ts';
import { jobsMeant } from '../jobs-meant.ts';
import { nearest } from '../nearest.ts';
import type { ShellWord } from '../word.ts';
import { atMost, wordError } from '../word-arguments.ts';

const names = jobSignalSchema.options.map((name) => name.slice('SIG'.length));

export const signalWord: ShellWord = {
  name: 'signal',
  usage: 'signal JOB NAME',
  summary: `Send a signal to the processes of a job: ${names.join(', ')}.`,
  example: 'signal 7/w1 HUP',
  completes: ['job', 'signal'],
  prepare(shell, words) {
    const [job, given] = words;
    if (!job) throw wordError(signalWord, 'which job? jobs lists them');
    if (!given) throw wordError(signalWord, 'which signal?');
    atMost(signalWord, words, 2);
    const name = given.text.toUpperCase().replace(/^SIG/, '');
    const parsed = jobSignalSchema.safeParse(`SIG${name}`);
    if (!parsed.success) {
      const close = nearest(name, names);
      throw wordError(signalWord, `'${given.text}' is no signal${close ? `; did you mean ${close}?` : ''}`, given);
    }
    return () => shell.server.signal(jobsMeant(shell, [job]), parsed.data);
  },
};
