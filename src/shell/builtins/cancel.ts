import type { Builtin } from '../../plugin/builtin.ts';
import { isMissed } from '../jobs-meant.ts';
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
      const jobs = await context.jobsMeant(words, 'endable');
      const running = jobs.filter(({ state }) => state !== 'settled');
      const missed = jobs.filter(isMissed);
      for (const job of running) context.endsByUs(job);
      await context.service.cancel([...running, ...missed]);
      if (missed.length > 0)
        context.output.note('what is lost is ended where it still runs, now or when its client is back');
      else if (running.length === 0) context.output.note('it has ended already; jobs says how');
    };
  },
};
