import type { FromServer } from '../../schemas/index.ts';
import type { JobNews } from './events.ts';
import type { JobRecord } from './job-record.ts';

/** The effects of the job table. All are called synchronously. */
export interface JobEffects {
  send(client: string, message: FromServer): void;
  /** Reports a change. `taken` is called when the news has left this process; only then the client may forget it. */
  tell(job: JobRecord, news: JobNews, taken: () => void): void;
  /** The records of a job before this offset have been taken. */
  recordsTaken?(client: string, id: string, offset: number): void;
}
