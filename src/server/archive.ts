import { SignalboxError } from '../../schemas/index.ts';
import type { JobRef } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import { keyText } from '../place-name.ts';
import type { JobKey } from '../plugin/job-service.ts';
import type { JobStore } from '../store/job-store.ts';
import type { StoredJob, StoredJobKey } from '../store/stored-job.ts';
import { refOfStored } from './job-views.ts';

/** Jobs that are in the store, but no longer in the job table. */
export class Archive {
  private readonly store: JobStore;

  constructor(store: JobStore) {
    this.store = store;
  }

  /** @throws SignalboxError `no_such_job`, `unavailable` */
  async refOf(key: JobKey): Promise<JobRef> {
    return refOfStored(await this.find(key));
  }

  async output(key: JobKey): Promise<readonly OutputRun[]> {
    return await this.store.output(storedKeyOf(key));
  }

  /** @throws SignalboxError `no_such_job`, `unavailable` */
  async find(key: JobKey): Promise<StoredJob> {
    const [found] = await this.store.find([storedKeyOf(key)]);
    if (!found) throw noSuchJob(key);
    return found;
  }
}

export const storedKeyOf = (key: JobKey): StoredJobKey => ({ id: key.id, client: keyText(key) });

export const noSuchJob = (key: JobKey): SignalboxError => {
  const which = key.place === undefined ? `job ${key.id} on ${key.client}` : `place ${keyText(key)} of ${key.id}`;
  return new SignalboxError('no_such_job', `no ${which} is known`);
};
