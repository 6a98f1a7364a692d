import type { CommandContract } from '../../schemas/index.ts';
import type { JobEvent, JobNews } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { Roster } from './clients/roster.ts';
import type { EventBus } from './event-bus.ts';
import { eventOf, typeOf } from './job-event.ts';

/** Makes events of what happens to jobs, and hands them to handles, readers and observers. */
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
    /** Called when all readers have taken the news; with outcomes that are stored durably, at once. */
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

  submitted({ submission, client }: JobRecord): void {
    if (!this.events.isHeard) return;
    const { id, number, command, actor = '', auditedArgs: args, traceparent } = submission;
    const traced = traceparent !== undefined && { traceparent };
    this.events.emit({ type: 'job.submitted', id, number, client, command, actor, args, ...traced });
  }

  /** Handles first: they are settled when the event is delivered. */
  tell(job: JobRecord, news: JobNews): void {
    const { events } = this;
    const { listener } = job;
    const { isHeard } = events;
    const event = isHeard || listener?.wantsEvent(news) ? this.eventMaker(job, news) : undefined;
    listener?.news(news, event);
    // Jobs in the history must not retain handles.
    if (news.type === 'settled') job.listener = undefined;
    if (!isHeard || !event) this.taken(job, news);
    else if (this.isDurable && (news.type === 'settled' || news.type === 'late')) {
      this.taken(job, news);
      events.deliver(event(), () => {});
    } else events.deliver(event(), () => this.taken(job, news));
  }

  /** Most events are not asked for, and not made. */
  eventMaker(job: JobRecord, news: JobNews): () => JobEvent {
    const { events, faults } = this;
    const stamp = events.stamp(typeOf(news));
    const contract = this.commands.get(job.command);
    const lagMs = this.roster.get(job.client)?.lagMs;
    let made: JobEvent | undefined;
    return () => {
      made ??= eventOf(job, news, stamp, { contract, lagMs, faults });
      return made;
    };
  }
}
