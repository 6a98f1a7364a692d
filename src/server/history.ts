import { SignalboxError } from '../../schemas/index.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { HistoryFilter, HistoryPage } from '../plugin/job-service.ts';
import { matches } from '../store/memory/matches.ts';
import { viewJob } from './job-views.ts';

/** Returns a page of jobs without a store. @throws SignalboxError `bad_usage` */
export function historyOf(
  jobs: Iterable<JobRecord>,
  filter: HistoryFilter,
  { limit, from }: { limit: number; from: string | undefined },
): HistoryPage {
  const behind = from === undefined ? undefined : placeOf(from);
  const found: JobRecord[] = [];
  for (const job of jobs) {
    if (matches(job, filter) && (!behind || compare(job, behind) < 0)) found.push(job);
  }
  found.sort((a, b) => compare(b, a));
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    jobs: page.map((job) => viewJob(job)),
    next: last && found.length > limit ? `${last.number} ${last.client}` : undefined,
  };
}

type Place = Pick<JobRecord, 'number' | 'client'>;

function placeOf(text: string): Place {
  const [, number, client] = /^(\d{1,16}) (\S+)$/.exec(text) ?? [];
  if (client === undefined) throw new SignalboxError('bad_usage', `${text} is not a valid page`);
  return { number: Number(number), client };
}

const compare = (a: Place, b: Place): number =>
  a.number - b.number || (a.client < b.client ? -1 : Number(a.client > b.client));
