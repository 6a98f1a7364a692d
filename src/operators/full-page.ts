import type { HistoryPageOf } from '../plugin/interceptor.ts';
import type { HistoryPage, JobView } from '../plugin/job-service.ts';

const defaultLimit = 100;
/** Read at once, so that a few that are seen are found among many that are not. */
const readLimit = 1_000;

type Read = (page: HistoryPageOf) => Promise<HistoryPage>;
type Seen = (jobs: readonly JobView[]) => JobView[];

/** The last job of a page that is handed out: where in the pages of the service it stands. */
interface Last {
  readonly page: HistoryPage;
  readonly from: string | undefined;
  readonly index: number;
}

/**
 * A page of the jobs that are seen, as if there were no others: there is a next one only where another job is seen. Where that
 * begins is what the service says behind the last job that is handed out, and never behind one that is not seen, whose client
 * it would name.
 */
export async function fullPage(
  read: Read,
  { limit = defaultLimit, from }: HistoryPageOf,
  seen: Seen,
): Promise<HistoryPage> {
  const jobs: JobView[] = [];
  let last: Last | undefined;
  // First as it was asked for: it is the service that says what is wrong with a limit.
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

/** @returns undefined where the pages are not any more what they were: a place has got its client meanwhile. */
async function behind({ page, from, index }: Last, read: Read): Promise<string | undefined> {
  if (index === page.jobs.length - 1) return page.next;
  const again = await read({ limit: index + 1, ...(from !== undefined && { from }) });
  const [was, is] = [page.jobs[index], again.jobs.at(-1)];
  return was?.id === is?.id && was?.client === is?.client ? again.next : undefined;
}
