import { SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { JobEvent } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { JobTable } from '../jobs/job-table.ts';
import type { JobKey } from '../plugin/job-service.ts';
import type { JobStore } from '../store/job-store.ts';
import type { StoredJob } from '../store/stored-job.ts';
import type { EventBus } from './event-bus.ts';
import type { JobAnnouncer } from './job-announcer.ts';
import { formerOf } from './journal/stored-form.ts';
import type { Keyed, KeyedGroups } from './keyed-groups.ts';
import { LiveGroup } from './live-group.ts';

/** Reading is repeated while jobs settle and leave the table meanwhile. */
const maxReads = 3;

/** Brings back groups that were submitted with a key to an earlier server over the same store, or long ago. */
export class Recall {
  private readonly store: JobStore;
  private readonly table: () => JobTable;
  private readonly keyed: KeyedGroups;
  private readonly events: EventBus;
  private readonly announcer: JobAnnouncer;

  constructor(options: {
    store: JobStore;
    table: () => JobTable;
    keyed: KeyedGroups;
    events: EventBus;
    announcer: JobAnnouncer;
  }) {
    this.store = options.store;
    this.table = options.table;
    this.keyed = options.keyed;
    this.events = options.events;
    this.announcer = options.announcer;
  }

  /**
   * Adds the group of a key to the known ones, if the store has it.
   * @param mayLoseOutput whether the arguments that are asked for allow output to be dropped.
   * @throws SignalboxError `unavailable`
   */
  async recall(
    actor: string,
    key: string,
    options: { mayLoseOutput: boolean; cancel: (jobs: readonly JobKey[]) => Promise<void> },
  ): Promise<void> {
    for (let reads = 0; reads < maxReads; reads += 1) {
      const stored = await this.store.findByKey(actor, key);
      if (stored.length === 0 || this.keyed.has(actor, key)) return;
      // All unsettled jobs are in the table: this one has been settled since it was read.
      if (stored.every((job) => job.settlement || this.table().find(job.submission.id, job.client))) {
        this.keyed.add(actor, key, this.groupOf(stored, options));
        return;
      }
    }
    throw new SignalboxError('unavailable', `the jobs of the key '${key}' cannot be read`);
  }

  private groupOf(
    stored: readonly StoredJob[],
    { mayLoseOutput, cancel }: { mayLoseOutput: boolean; cancel: (jobs: readonly JobKey[]) => Promise<void> },
  ): Keyed {
    const records = formerOf(stored).flatMap((former) => this.table().restore(former, monotonicMs()));
    const { id = '', number = 0, command = '', key } = stored[0]?.submission ?? {};
    const options = { clients: records.length, mayLoseOutput, events: this.events, askToCancel: cancel };
    const group = new LiveGroup({ id, number }, options);
    for (const [place, live] of group.jobs.entries()) {
      live.job = records[place] as JobRecord;
      this.follow(live.job, live);
    }
    return { askedHash: key?.askedHash ?? '', command, group };
  }

  private follow(job: JobRecord, live: LiveGroup['jobs'][number]): void {
    const { settlement } = job;
    if (!settlement) {
      job.listener = live;
      return;
    }
    const news = { type: 'settled', settlement } as const;
    live.news(news, () => this.announcer.toLog(job, news) as JobEvent);
  }
}
