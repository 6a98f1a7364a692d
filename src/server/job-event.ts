import type { CommandContract } from '../../schemas/index.ts';
import type { EventStamp, JobEvent, JobNews, Unstamped } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import { refOf } from './job-views.ts';
import { resultText } from './result-text.ts';

/** What an event contains in addition to the job and its news. */
interface About {
  /** Undefined if this server does not know the command. */
  readonly contract: CommandContract | undefined;
  /** Event-loop lag of its client, in ms. */
  readonly lagMs: number | undefined;
  readonly faults: FaultReports;
}

/** The type of the event for news of a job. */
export const typeOf = (news: JobNews): JobEvent['type'] => `job.${news.type}`;

/** The event for news of a job. */
export function eventOf(job: JobRecord, news: JobNews, stamp: EventStamp, about: About): JobEvent {
  return { ...unstamped(job, news, about), ...stamp } as JobEvent;
}

function unstamped(job: JobRecord, news: JobNews, about: About): Unstamped {
  const ref = refOf(job);
  switch (news.type) {
    case 'placed':
      return { type: 'job.placed', ...ref };
    case 'accepted':
      return { type: 'job.accepted', ...ref };
    case 'unreachable':
      return { type: 'job.unreachable', ...ref, reason: news.reason };
    case 'reachable':
      return { type: 'job.reachable', ...ref };
    case 'progress': {
      const { fraction, note } = news;
      return { type: 'job.progress', ...ref, fraction, ...(note !== undefined && { note }) };
    }
    case 'output': {
      const { stream, offset, data, lostBytes, takenBytes } = news;
      const missing = { ...(lostBytes > 0 && { lostBytes }), ...(takenBytes > 0 && { takenBytes }) };
      return { type: 'job.output', ...ref, stream, offset, data, ...missing };
    }
    case 'records': {
      const { records, lost } = news;
      return { type: 'job.records', ...ref, records, ...(lost > 0 && { lost }) };
    }
    case 'late':
      return { type: 'job.late', ...ref, ...news.settlement, ...resultText(news.settlement, about) };
    case 'settled':
      return {
        type: 'job.settled',
        ...ref,
        ...news.settlement,
        ...resultText(news.settlement, about),
        ...latencyOf(job, about),
      };
    default:
      return news satisfies never;
  }
}

function latencyOf({ roundTripMs, settlement }: JobRecord, { contract, lagMs }: About) {
  if (!contract?.measuresLatency || settlement?.outcome === 'rejected') return undefined;
  return {
    ...(roundTripMs !== undefined && { roundTripMs: Math.round(roundTripMs * 100) / 100 }),
    ...(lagMs !== undefined && { lagMs }),
  };
}
