import { rejectOnAbort } from '../../reject-on-abort.ts';
import type { Builtin } from '../builtin.ts';
import { jobsMeant } from '../jobs-meant.ts';
import { wordError } from '../parse/word-arguments.ts';

export const cancelWord: Builtin = {
  name: 'cancel',
  usage: 'cancel JOB…',
  summary: 'End a job: 7 means all jobs of line 7, 7/w1 the one on w1.',
  example: 'cancel 7/w1',
  completes: ['job'],
  prepare(shell, words) {
    if (words.length === 0) throw wordError(cancelWord, 'which job? jobs lists them');
    return async (signal) => {
      // A script may be there to end what an earlier server began.
      if (!(await shell.clientsReady(signal))) return;
      const jobs = await rejectOnAbort(jobsMeant(shell, words), signal);
      const running = jobs.filter(({ state }) => state !== 'settled');
      for (const job of running) shell.tally.endsByUs(job);
      await rejectOnAbort(shell.service.cancel(running), signal);
      if (running.length === 0) shell.output.note('it has ended already; jobs says how');
    };
  },
};
