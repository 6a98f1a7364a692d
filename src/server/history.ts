import { SignalboxError } from '../../schemas/index.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { HistoryFilter, HistoryJob, HistoryPage } from '../plugin/job-service.ts';
import { matches } from '../store/memory/matches.ts';
import type { StoredJob } from '../store/stored-job.ts';
import { viewStored } from './archive.ts';
import { viewJob } from './clients/views.ts';
import { newJob, storedSubmission } from './journal/stored-form.ts';

/** @param known what the job table has of it: newer than the store, and with its progress. */
export function historyJob(stored: StoredJob, known: JobRecord | undefined): HistoryJob {
  const { number, actor, submittedAtMs } = stored.submission;
  const { settledAtMs, settlement, late } = stored;
  const view = known ? viewJob(known) : viewStored(stored);
  return { ...view, number, actor, submittedAtMs, settledAtMs, settlement, late };
}

/** A page of jobs that no store has. @throws SignalboxError `bad_usage` */
export function historyOf(
  jobs: Iterable<JobRecord>,
  filter: HistoryFilter,
  { limit, from }: { limit: number; from: string | undefined },
): HistoryPage {
  const behind = from === undefined ? undefined : placeOf(from);
  const found = [...jobs]
    .map((job) => ({ job, stored: asStored(job) }))
    .filter(({ stored }) => matches(stored, filter) && (!behind || compare(placeIn(stored), behind) < 0))
    .sort((a, b) => compare(placeIn(b.stored), placeIn(a.stored)));
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    jobs: page.map(({ job, stored }) => historyJob(stored, job)),
    next: last && found.length > limit ? placeIn(last.stored).join(' ') : undefined,
  };
}

type Place = readonly [number: number, client: string];

const placeIn = ({ submission, client }: StoredJob): Place => [submission.number, client];

function placeOf(text: string): Place {
  const [, number, client] = /^(\d{1,16}) (\S+)$/.exec(text) ?? [];
  if (client === undefined) throw new SignalboxError('bad_usage', `there is no page ${text}`);
  return [Number(number), client];
}

const compare = ([a, one]: Place, [b, other]: Place): number => a - b || (one < other ? -1 : Number(one > other));

function asStored(job: JobRecord): StoredJob {
  const { settlement, late } = job;
  return { ...newJob(storedSubmission(job.submission), job), settlement, late };
}
