import type { FromServer } from '../../../schemas/index.ts';
import type { JobEffects } from '../../jobs/job-effects.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { Journal } from './journal.ts';

/**
 * Effects that wait for the store.
 * @param leaves asked for a command that is about to be sent: whether it is still due.
 */
export function journaled(effects: JobEffects, journal: Journal, leaves: (job: JobRecord) => boolean): JobEffects {
  /** Commands that wait: what a new session sends again meanwhile goes once. */
  const waiting = new WeakSet<JobRecord>();
  const command = (client: string, message: FromServer, job: JobRecord): void => {
    if (waiting.has(job)) return;
    if (journal.delays(job)) waiting.add(job);
    journal.after(job, () => {
      waiting.delete(job);
      if (leaves(job)) effects.send(client, message, job);
    });
  };
  return {
    send: (client, message, job) => {
      if (!job) effects.send(client, message);
      else if (message.type === 'command') command(client, message, job);
      else journal.after(job, () => effects.send(client, message, job));
    },
    tell: (job, news) => journal.after(job, () => effects.tell(job, news)),
    changed: (job, change) => {
      journal.changed(job, change);
      if (change === 'submitted') journal.after(job, () => effects.changed?.(job, change));
    },
  };
}
