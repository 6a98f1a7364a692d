import type { FromServer } from '../../schemas/index.ts';
import type { JobNews } from './events.ts';
import type { JobRecord } from './job-record.ts';

/** The effects of the job table. All are called synchronously. */
export interface JobEffects {
  /** @param job the job whose changes must be stored before the message is sent, if there is one. */
  send(client: string, message: FromServer, job?: JobRecord): void;
  /**
   * Reports a change. When the news has left this process, call `taken` of the job table; only then may the client
   * forget the reported outcome or data.
   */
  tell(job: JobRecord, news: JobNews): void;
  /** A change that a durable store keeps. Called before any message or news that follows from it. */
  changed?(job: JobRecord, change: JobChange): void;
}

/**
 * `submitted`: the job is new. `placed`: a place has a client. `bound`: the job goes to the client process `bootId`;
 * `placed` implies this. `batch`: the job failed, which counts in its batch.
 */
export type JobChange = 'submitted' | 'placed' | 'bound' | 'cancel-requested' | 'settled' | 'late' | 'batch';
