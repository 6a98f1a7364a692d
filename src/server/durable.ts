import type { SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { JobEffects } from '../jobs/job-effects.ts';
import type { JobTable } from '../jobs/job-table.ts';
import type { JobStore, Taken } from '../store/job-store.ts';
import { Archive } from './archive.ts';
import type { EventBus } from './event-bus.ts';
import type { JobAnnouncer } from './job-announcer.ts';
import { Journal } from './journal/journal.ts';
import { journaled } from './journal/journaled.ts';
import type { KeyedGroups } from './keyed-groups.ts';
import { Recall } from './recall.ts';
import type { StoreHealth } from './store-health.ts';

/** The additional parts of a server whose store is durable. */
export interface Durable {
  readonly store: JobStore;
  readonly journal: Journal;
  readonly archive: Archive;
  readonly recall: Recall;
  readonly health: StoreHealth;
  /** Effects of the job table that are delayed until the store has committed. */
  readonly effects: JobEffects;
}

/** @param options.table returns the job table, which is created after the effects. */
export function createDurable(
  store: JobStore,
  options: {
    send: JobEffects['send'];
    announcer: JobAnnouncer;
    events: EventBus;
    keyed: KeyedGroups;
    table: () => JobTable;
    taken: Taken | undefined;
    health: StoreHealth;
    onReplaced: (error: SignalboxError) => void;
  },
): Durable {
  const { send, announcer, events, table, taken, health } = options;
  const onReplaced = (error: SignalboxError): void => {
    health.replaced(error);
    options.onReplaced(error);
  };
  const journal = new Journal({
    ...{ store, health, onReplaced, nextSeq: taken?.nextSeq ?? 1 },
    withdraw: (submissions) => table().withdraw(submissions, monotonicMs()),
  });
  events.logTo(store, journal, taken?.nextSeq ?? 1);
  void taken?.replaced?.then((error) => journal.replaced(error));
  return {
    ...{ store, journal, health },
    archive: new Archive(store),
    recall: new Recall({ ...options, store }),
    effects: journaled(send, { announcer, events, journal, leaves: (job) => table().leaves(job, monotonicMs()) }),
  };
}
