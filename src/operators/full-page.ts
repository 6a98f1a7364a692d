import type { HistoryPageOf } from '../plugin/interceptor.ts';
import type { HistoryPage, JobView } from '../plugin/job-service.ts';

const defaultLimit = 100;
/** Number of jobs read at once, so that a few visible jobs are found among many invisible ones. */
const readLimit = 1_000;

type Read = (page: HistoryPageOf) => Promise<HistoryPage>;
type Seen = (jobs: readonly JobView[]) => JobView[];

/** The last job of a returned page, and its position in the pages of the service. */
interface Last {
  readonly page: HistoryPage;
  readonly from: string | undefined;
  readonly index: number;
}

/**
 * Returns a page of the visible jobs, as if there were no others. There is a next page only if another job is visible.
 * The next page starts at the cursor that the service returns after the last visible job, never at that of an invisible
 * one, because a cursor names a client.
 */
export async function fullPage(
  read: Read,
  { limit = defaultLimit, from }: HistoryPageOf,
  seen: Seen,
): Promise<HistoryPage> {
  const jobs: JobView[] = [];
  let last: Last | undefined;
  // The first request is passed on unchanged, so that the service reports an invalid limit.
  let request: HistoryPageOf = { limit, ...(from !== undefined && { from }) };
  for (;;) {
    const page = await read(request);
    for (const [index, job] of page.jobs.entries()) {
      const [shown] = seen([job]);
      if (!shown) continue;
      if (last) {
        const next = await behind(last, read);
        return next === undefined
          ? await fullPage(read, { limit, ...(from !== undefined && { from }) }, seen)
          : { jobs, next };
      }
      jobs.push(shown);
      if (jobs.length === limit) last = { page, from: request.from, index };
    }
    if (page.next === undefined) return { jobs, next: undefined };
    request = { limit: readLimit, from: page.next };
  }
}

/** @returns undefined if the pages have changed meanwhile, because a place got its client. */
async function behind({ page, from, index }: Last, read: Read): Promise<string | undefined> {
  if (index === page.jobs.length - 1) return page.next;
  const again = await read({ limit: index + 1, ...(from !== undefined && { from }) });
  const [was, is] = [page.jobs[index], again.jobs.at(-1)];
  return was?.id === is?.id && was?.client === is?.client ? again.next : undefined;
}
