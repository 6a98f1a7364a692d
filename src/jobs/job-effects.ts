import type { FromServer } from '../../schemas/index.ts';
import type { JobNews } from './events.ts';
import type { JobRecord } from './job-record.ts';

/** The effects of the job table. All are called synchronously. */
export interface JobEffects {
  /** @param job given where the message must not leave before the changes of this job are stored. */
  send(client: string, message: FromServer, job?: JobRecord): void;
  /**
   * Reports a change. When the news has left this process, `taken` of the job table is to be called; only then the
   * client may forget it.
   */
  tell(job: JobRecord, news: JobNews): void;
  /** A change that a durable store keeps. Called before what follows from it is sent or told. */
  changed?(job: JobRecord, change: JobChange): void;
}

/**
 * `submitted`: the job is new. `placed`: a place has got its client. `bound`: it goes to the client process in its
 * `bootId`, as with `placed`. `batch`: it has failed, and counts in its batch.
 */
export type JobChange = 'submitted' | 'placed' | 'bound' | 'cancel-requested' | 'settled' | 'late' | 'batch';
