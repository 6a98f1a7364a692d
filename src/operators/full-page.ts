import type { HistoryPageOf } from '../plugin/interceptor.ts';
import type { HistoryPage, JobView } from '../plugin/job-service.ts';

const defaultLimit = 100;
/** Read at once, so that a few that are seen are found among many that are not. */
const readLimit = 1_000;

/**
 * A page of the jobs that are seen. Where to go on is what the service says behind the last job that is handed out, and never
 * behind one that is not seen, whose client it would name.
 */
export async function fullPage(
  read: (page: HistoryPageOf) => Promise<HistoryPage>,
  { limit = defaultLimit, from }: HistoryPageOf,
  seen: (jobs: readonly JobView[]) => JobView[],
): Promise<HistoryPage> {
  // It is the service that says what is wrong with a limit.
  const first = await read({ limit, ...(from !== undefined && { from }) });
  const jobs = seen(first.jobs);
  if (jobs.length === first.jobs.length) return first;
  let { next } = first;
  while (next !== undefined && jobs.length < limit) {
    const at: string = next;
    const page = await read({ limit: readLimit, from: at });
    const wanted = limit - jobs.length;
    const end = indexBehind(page.jobs, wanted, seen);
    jobs.push(...seen(page.jobs.slice(0, end)));
    next = page.next;
    if (jobs.length === limit && end > 0) ({ next } = await read({ limit: end, from: at }));
  }
  return { jobs, next };
}

/** Where a list ends that has this number of seen jobs. */
function indexBehind(jobs: readonly JobView[], wanted: number, seen: (jobs: readonly JobView[]) => JobView[]): number {
  let count = 0;
  for (const [index, job] of jobs.entries()) {
    count += seen([job]).length;
    if (count === wanted) return index + 1;
  }
  return jobs.length;
}
