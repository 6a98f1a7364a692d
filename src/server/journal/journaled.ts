import type { FromServer } from '../../../schemas/index.ts';
import { type Event, isLogged, type JobNews, type LoggedNews, type NumberedEvent } from '../../jobs/events.ts';
import type { JobEffects } from '../../jobs/job-effects.ts';
import { isLater } from '../../jobs/job-id.ts';
import type { Effect, JobRecord } from '../../jobs/job-record.ts';
import type { Journal } from './journal.ts';

/** Creates events for news of jobs, and delivers them. */
interface Announcer {
  /** @param news undefined: the job is new. */
  toLog(job: JobRecord, news?: LoggedNews): NumberedEvent;
  tell(job: JobRecord, news: JobNews, logged?: NumberedEvent): void;
}

/**
 * Effects that wait for the store.
 * @param leaves called for a command that is about to be sent: whether it still has to be sent.
 */
export function journaled(
  send: JobEffects['send'],
  options: {
    announcer: Announcer;
    events: { deliver(event: Event): void };
    journal: Journal;
    leaves: (job: JobRecord) => boolean;
  },
): JobEffects {
  const { announcer, events, journal, leaves } = options;
  /** Waiting effects survive garbage collections, so each is one small object without a closure. */
  class Telling implements Effect {
    readonly job: JobRecord;
    private readonly news: JobNews;

    constructor(job: JobRecord, news: JobNews) {
      this.job = job;
      this.news = news;
    }

    run(): void {
      announcer.tell(this.job, this.news);
    }
  }

  class Logging implements Effect {
    readonly job: JobRecord;
    readonly event: NumberedEvent;
    private readonly news: LoggedNews | undefined;

    constructor(job: JobRecord, news?: LoggedNews) {
      this.job = job;
      this.news = news;
      this.event = announcer.toLog(job, news);
    }

    run(): void {
      if (this.news) announcer.tell(this.job, this.news, this.event);
      else events.deliver(this.event);
    }
  }

  class Sending implements Effect {
    readonly job: JobRecord;
    protected readonly client: string;
    private readonly message: FromServer;

    constructor(client: string, message: FromServer, job: JobRecord) {
      this.job = job;
      this.client = client;
      this.message = message;
    }

    run(): void {
      send(this.client, this.message, this.job);
    }
  }

  class Leaving extends Sending {
    /** Order of the draft that it waits for. */
    order = 0;

    override run(): void {
      this.job.isLeaving = false;
      if (newest.get(this.client) === this) newest.delete(this.client);
      if (leaves(this.job)) super.run();
    }
  }

  /** For each client, the waiting command that will be sent last. */
  const newest = new Map<string, Leaving>();

  const command = (client: string, message: FromServer, job: JobRecord): void => {
    // The command is waiting already. A new session that sends it again must not send it twice.
    if (job.isLeaving) return;
    const before = newest.get(client);
    const isBehind = before !== undefined && isLater(job.localId, before.job.localId);
    // The client would refuse a command that arrives after a later one. Storing it again delays it until after that one.
    if (isBehind && (job.uncommitted?.order ?? 0) < before.order) journal.changed(job, 'bound');
    const leaving = new Leaving(client, message, job);
    if (job.uncommitted) {
      job.isLeaving = true;
      leaving.order = job.uncommitted.order;
      if (!before || leaving.order >= before.order) newest.set(client, leaving);
    }
    journal.after(leaving);
  };
  return {
    send: (client, message, job) => {
      if (!job) send(client, message);
      else if (message.type === 'command') command(client, message, job);
      else journal.after(new Sending(client, message, job));
    },
    tell: (job, news) => (isLogged(news) ? journal.log(new Logging(job, news)) : journal.after(new Telling(job, news))),
    changed: (job, change) => {
      journal.changed(job, change);
      if (change === 'submitted' && !job.submission.origin) journal.log(new Logging(job));
    },
  };
}
