import type { JobEvent } from '../jobs/events.ts';
import type { JobListener, JobRecord } from '../jobs/job-record.ts';
import type { JobAnnouncer } from './job-announcer.ts';
import { LiveGroup } from './live-group.ts';
import type { LiveJob } from './live-job.ts';

/** Creates handles for existing jobs. Their existing listeners still receive all news. */
export function followJobs(
  records: readonly JobRecord[],
  submission: { readonly id: string; readonly number: number },
  options: Omit<ConstructorParameters<typeof LiveGroup>[1], 'clients'> & { readonly announcer: JobAnnouncer },
): LiveGroup {
  const group = new LiveGroup(submission, { ...options, clients: records.length });
  for (const [at, live] of group.jobs.entries()) {
    live.job = records[at] as JobRecord;
    follow(live.job, live, options.announcer);
  }
  return group;
}

function follow(job: JobRecord, live: LiveJob, announcer: JobAnnouncer): void {
  const { settlement, listener } = job;
  if (!settlement) {
    job.listener = listener ? both(listener, live) : live;
    return;
  }
  const news = { type: 'settled', settlement } as const;
  live.news(news, () => announcer.toLog(job, news) as JobEvent);
}

const both = (one: JobListener, other: JobListener): JobListener => ({
  wantsEvent: (news) => one.wantsEvent(news) || other.wantsEvent(news),
  news(news, event) {
    one.news(news, event);
    other.news(news, event);
  },
});
