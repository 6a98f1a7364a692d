import { SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { JobTable } from '../jobs/job-table.ts';
import type { JobKey } from '../plugin/job-service.ts';
import type { JobStore } from '../store/job-store.ts';
import type { StoredJob } from '../store/stored-job.ts';
import type { EventBus } from './event-bus.ts';
import { followJobs } from './follow-jobs.ts';
import type { JobAnnouncer } from './job-announcer.ts';
import { formerOf } from './journal/stored-form.ts';
import type { Keyed, KeyedGroups } from './keyed-groups.ts';

/** Reading is repeated if jobs settle and leave the table meanwhile. */
const maxReads = 3;

/** Restores groups that were submitted with a key to an earlier server over the same store, or a long time ago. */
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
   * @param mayLoseOutput whether the requested arguments allow output to be dropped.
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
      // All unsettled jobs are in the table, so a missing one was settled after it was read.
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
    const { events, announcer } = this;
    const group = followJobs(records, { id, number }, { mayLoseOutput, events, announcer, askToCancel: cancel });
    return { askedHash: key?.askedHash ?? '', command, group };
  }
}
