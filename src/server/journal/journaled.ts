import type { JobEffects } from '../../jobs/job-effects.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { Journal } from './journal.ts';

/**
 * Effects that wait for the store.
 * @param leaves asked for a command that is about to be sent: whether it is still due.
 */
export const journaled = (effects: JobEffects, journal: Journal, leaves: (job: JobRecord) => boolean): JobEffects => ({
  send: (client, message, job) => {
    if (!job) effects.send(client, message);
    else {
      journal.after(job, () => {
        if (message.type !== 'command' || leaves(job)) effects.send(client, message, job);
      });
    }
  },
  tell: (job, news) => journal.after(job, () => effects.tell(job, news)),
  changed: (job, change) => {
    journal.changed(job, change);
    if (change === 'submitted') journal.after(job, () => effects.changed?.(job, change));
  },
});
