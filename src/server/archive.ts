import { SignalboxError } from '../../schemas/index.ts';
import type { JobRef } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import type { JobKey } from '../plugin/job-service.ts';
import type { JobStore } from '../store/job-store.ts';
import type { StoredJob } from '../store/stored-job.ts';
import { refOfStored } from './job-views.ts';

/** Jobs that the server has forgotten and its store has not. */
export class Archive {
  private readonly store: JobStore;

  constructor(store: JobStore) {
    this.store = store;
  }

  /** @throws SignalboxError `no_such_job`, `unavailable` */
  async refOf(key: JobKey): Promise<JobRef> {
    return refOfStored(await this.find(key));
  }

  async output({ id, client }: JobKey): Promise<readonly OutputRun[]> {
    return await this.store.output({ id, client });
  }

  /** @throws SignalboxError `no_such_job`, `unavailable` */
  async find({ id, client }: JobKey): Promise<StoredJob> {
    const [found] = await this.store.find([{ id, client }]);
    if (!found) throw noSuchJob({ id, client });
    return found;
  }
}

export const noSuchJob = ({ id, client }: JobKey): SignalboxError =>
  new SignalboxError('no_such_job', `no job ${id} on ${client} is known`);
