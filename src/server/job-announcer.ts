import type { CommandContract } from '../../schemas/index.ts';
import type { JobEvent, JobNews, LoggedNews, NumberedEvent } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { Roster } from './clients/roster.ts';
import type { EventBus } from './event-bus.ts';
import { eventOf, typeOf } from './job-event.ts';
import { refOf } from './job-views.ts';

/** Turns news of jobs into events for handles, readers and observers. */
export class JobAnnouncer {
  private readonly events: EventBus;
  private readonly faults: FaultReports;
  private readonly roster: Roster;
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly taken: (job: JobRecord, news: JobNews) => void;
  private readonly isDurable: boolean;

  constructor(options: {
    events: EventBus;
    faults: FaultReports;
    roster: Roster;
    commands: ReadonlyMap<string, CommandContract>;
    /** Called when all readers have taken the news. Outcomes that are stored durably count as taken at once. */
    taken: (job: JobRecord, news: JobNews) => void;
    isDurable: boolean;
  }) {
    this.events = options.events;
    this.faults = options.faults;
    this.roster = options.roster;
    this.commands = options.commands;
    this.taken = options.taken;
    this.isDurable = options.isDurable;
  }

  submitted(job: JobRecord): void {
    const { events } = this;
    if (events.isHeard) events.deliver({ ...submittedEvent(job), ...events.stamp('job.submitted') } as JobEvent);
  }

  /**
   * Creates the event for the log, which assigns its number.
   * @param news undefined: the job is new.
   */
  toLog(job: JobRecord, news?: LoggedNews): NumberedEvent {
    const stamp = { atMs: Date.now() };
    if (news === undefined) return { ...submittedEvent(job), ...stamp };
    return eventOf(job, news, stamp, this.about(job)) as NumberedEvent;
  }

  /**
   * Delivers news. Handles come first, so that they are settled when the event is delivered.
   * @param logged the event, if it is in the log.
   */
  tell(job: JobRecord, news: JobNews, logged?: NumberedEvent): void {
    const { events } = this;
    const { listener } = job;
    const { isHeard } = events;
    const isWanted = isHeard || listener?.wantsEvent(news);
    const event = logged ? () => logged as JobEvent : isWanted ? this.eventMaker(job, news) : undefined;
    listener?.news(news, event);
    // Jobs in the history must not retain handles.
    if (news.type === 'settled') job.listener = undefined;
    if (!event || !(isHeard || logged)) this.taken(job, news);
    else if (this.isDurable && (news.type === 'settled' || news.type === 'late')) {
      this.taken(job, news);
      events.deliver(event());
    } else events.deliver(event(), () => this.taken(job, news));
  }

  /** Creates the event only on demand, because most are never read. */
  private eventMaker(job: JobRecord, news: JobNews): () => JobEvent {
    const stamp = this.events.stamp(typeOf(news));
    const about = this.about(job);
    let made: JobEvent | undefined;
    return () => {
      made ??= eventOf(job, news, stamp, about);
      return made;
    };
  }

  private about(job: JobRecord): Parameters<typeof eventOf>[3] {
    const contract = this.commands.get(job.command);
    return { contract, lagMs: this.roster.get(job.client)?.lagMs, faults: this.faults };
  }
}

function submittedEvent(job: JobRecord) {
  const { actor = '', auditedArgs: args, traceparent, key } = job.submission;
  const traced = traceparent !== undefined && { traceparent };
  const keyed = key !== undefined && { key: key.key };
  return { type: 'job.submitted', ...refOf(job), actor, args, ...traced, ...keyed } as const;
}
