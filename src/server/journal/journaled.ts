import type { FromServer } from '../../../schemas/index.ts';
import type { JobNews } from '../../jobs/events.ts';
import type { JobEffects } from '../../jobs/job-effects.ts';
import type { Effect, JobRecord } from '../../jobs/job-record.ts';
import type { Journal } from './journal.ts';

/**
 * Effects that wait for the store.
 * @param leaves asked for a command that is about to be sent: whether it is still due.
 */
export function journaled(effects: JobEffects, journal: Journal, leaves: (job: JobRecord) => boolean): JobEffects {
  /** What waits lives through collections of garbage: it is one small object each, without a function of its own. */
  class Telling implements Effect {
    readonly job: JobRecord;
    private readonly news: JobNews;

    constructor(job: JobRecord, news: JobNews) {
      this.job = job;
      this.news = news;
    }

    run(): void {
      effects.tell(this.job, this.news);
    }
  }

  class Sending implements Effect {
    readonly job: JobRecord;
    private readonly client: string;
    private readonly message: FromServer;

    constructor(client: string, message: FromServer, job: JobRecord) {
      this.job = job;
      this.client = client;
      this.message = message;
    }

    run(): void {
      effects.send(this.client, this.message, this.job);
    }
  }

  class Leaving extends Sending {
    override run(): void {
      this.job.isLeaving = false;
      if (leaves(this.job)) super.run();
    }
  }

  class Announcing implements Effect {
    readonly job: JobRecord;

    constructor(job: JobRecord) {
      this.job = job;
    }

    run(): void {
      effects.changed?.(this.job, 'submitted');
    }
  }

  const command = (client: string, message: FromServer, job: JobRecord): void => {
    // It waits already: what a new session sends again meanwhile goes once.
    if (job.isLeaving) return;
    if (job.uncommitted) job.isLeaving = true;
    journal.after(new Leaving(client, message, job));
  };
  return {
    send: (client, message, job) => {
      if (!job) effects.send(client, message);
      else if (message.type === 'command') command(client, message, job);
      else journal.after(new Sending(client, message, job));
    },
    tell: (job, news) => journal.after(new Telling(job, news)),
    changed: (job, change) => {
      journal.changed(job, change);
      if (change === 'submitted') journal.after(new Announcing(job));
    },
  };
}
