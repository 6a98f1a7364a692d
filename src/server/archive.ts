import { SignalboxError } from '../../schemas/index.ts';
import type { JobRef } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import type { JobKey, JobView } from '../plugin/job-service.ts';
import type { JobStore } from '../store/job-store.ts';
import type { StoredJob } from '../store/stored-job.ts';

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

  /** @throws SignalboxError `no_such_job`, `unavailable` */
  async get(key: JobKey): Promise<JobView> {
    return viewStored(await this.find(key));
  }

  async output({ id, client }: JobKey): Promise<readonly OutputRun[]> {
    return await this.store.output({ id, client });
  }

  private async find({ id, client }: JobKey): Promise<StoredJob> {
    const [found] = await this.store.find([{ id, client }]);
    if (!found) throw noSuchJob({ id, client });
    return found;
  }
}

export const noSuchJob = ({ id, client }: JobKey): SignalboxError =>
  new SignalboxError('no_such_job', `no job ${id} on ${client} is known`);

const refOfStored = ({ submission: { id, command }, client, adopted }: StoredJob): JobRef => ({
  id,
  client,
  command,
  ...(adopted && { adopted }),
});

/** View of a stored job. */
export function viewStored(job: StoredJob): JobView {
  const { submission, settlement, bootId } = job;
  const unsettled = bootId === undefined ? 'waiting' : 'sent';
  return {
    ...refOfStored(job),
    kind: submission.kind,
    args: submission.auditedArgs,
    state: settlement ? 'settled' : unsettled,
    ...(submission.standing && { standing: true as const }),
    outcome: settlement?.outcome,
    progress: undefined,
    ...(settlement?.lostOutput && { lostOutput: settlement.lostOutput }),
    durationMs: settlement?.durationMs,
  };
}
