import { isPlaceName, keyText } from '../place-name.ts';
import type { HistoryFilter, JobService, JobView } from '../plugin/job-service.ts';
import type { JobNaming } from '../plugin/sent.ts';
import type { Word } from '../plugin/statement.ts';
import { isJobName } from './job-names.ts';
import { ShellError } from './shell-error.ts';

type Which = 'unsettled' | 'endable';
type Naming = { readonly service: JobService; readonly jobNames: JobNaming };

/**
 * The jobs that these words name.
 * @param which if a command has such jobs, returns only these: `unsettled`, or `endable`. They are in memory, so they can
 * be cancelled even while the store does not answer.
 * @throws ShellError `no_such_job` for a word that names none.
 */
export async function jobsMeant(
  { service, jobNames }: Naming,
  words: readonly Word[],
  which?: Which,
): Promise<JobView[]> {
  const meant: JobView[] = [];
  for (const word of words) {
    const filter = filterOf(word.text, jobNames);
    const found = filter ? await meantBy(service, filter, which) : [];
    if (found.length === 0) {
      throw new ShellError('no_such_job', `there is no job '${word.text}'`, {
        at: word,
        hint: hintFor(word.text, jobNames),
      });
    }
    meant.push(...found);
  }
  return meant;
}

function filterOf(text: string, jobNames: JobNaming): HistoryFilter | undefined {
  const [, name = '', client] = /^([^/]*)(?:\/(.*))?$/s.exec(text) ?? [];
  const number = jobNames.numberOf(name);
  if (number === undefined && !name.includes('.')) return undefined;
  return { ...(number === undefined ? { id: name } : { number }), ...(client !== undefined && { client }) };
}

/** A place matches by its number, even after it was given a client. */
async function meantBy(service: JobService, filter: HistoryFilter, which: Which | undefined): Promise<JobView[]> {
  const { client, ...rest } = filter;
  if (client === undefined || !isPlaceName(client)) return await known(service, filter, which);
  return (await known(service, rest, which)).filter((job) => keyText(job) === client);
}

async function known(service: JobService, filter: HistoryFilter, which: Which | undefined): Promise<JobView[]> {
  if (which === undefined) return await stored(service, filter);
  const isOf = (job: JobView) => job.state !== 'settled' || (which === 'endable' && isMissed(job));
  const found = (await service.list()).filter((job) => isOf(job) && isMeant(job, filter));
  return found.length > 0 ? found : await stored(service, filter);
}

/** Whether it is lost, but may still run on a client that reconnects. */
export const isMissed = ({ outcome, late }: JobView): boolean => outcome === 'lost' && late === undefined;

/** Ordered by client. */
async function stored(service: JobService, filter: HistoryFilter): Promise<JobView[]> {
  const jobs: JobView[] = [];
  let from: string | undefined;
  do {
    const page = await service.history(filter, { limit: 1_000, ...(from !== undefined && { from }) });
    for (const job of page.jobs) jobs.push(job);
    from = page.next;
  } while (from !== undefined);
  return jobs.reverse();
}

const isMeant = (job: Pick<JobView, 'id' | 'number' | 'client'>, { id, number, client }: HistoryFilter): boolean =>
  (id ?? job.id) === job.id && (number ?? job.number) === job.number && (client ?? job.client) === job.client;

function hintFor(text: string, { sentHere }: JobNaming): string {
  if (isJobName(text.split('/', 1)[0] ?? '')) {
    const numbered =
      sentHere === undefined ? 'jobs lists the numbers' : 'jobs lists the numbers; %7 is job 7 of the server';
    return `a name is known only in the script or at the prompt that gave it with --as; ${numbered}`;
  }
  if (sentHere === undefined) {
    return 'jobs lists known jobs; 7 is job 7 on all clients, 7/w1 only on w1, last the newest job';
  }
  return `numbers count the commands of this script or file, ${sentHere} so far; %7 is job 7 of the server; --as NAME names a job`;
}
