import type { Builtin } from '../../plugin/builtin.ts';
import { usageError } from '../parse/builtin-arguments.ts';

export const cancelBuiltin: Builtin = {
  name: 'cancel',
  usage: 'cancel JOB…',
  summary: 'End a job: 7 means all jobs of line 7, 7/w1 the one on w1.',
  example: 'cancel 7/w1',
  completes: ['job'],
  prepare(context, words) {
    if (words.length === 0) throw usageError(cancelBuiltin, 'which job? jobs lists them');
    return async () => {
      // A script may be there to end what an earlier server began.
      if (!(await context.clientsReady())) return;
      const jobs = await context.jobsMeant(words, 'unsettled');
      const running = jobs.filter(({ state }) => state !== 'settled');
      for (const job of running) context.endsByUs(job);
      await context.service.cancel(running);
      if (running.length === 0) context.output.note('it has ended already; jobs says how');
    };
  },
};
