import type { FromServer } from '../../schemas/index.ts';
import type { JobNews } from './events.ts';
import type { JobRecord } from './job-record.ts';

/** The effects of the job table. All are called synchronously. */
export interface JobEffects {
  send(client: string, message: FromServer): void;
  /**
   * Reports a change. When the news has left this process, `taken` of the job table is to be called; only then the
   * client may forget it.
   */
  tell(job: JobRecord, news: JobNews): void;
}
