import type { JobService, JobView } from '../plugin/job-service.ts';
import type { JobNaming } from '../plugin/sent.ts';
import type { Word } from '../plugin/statement.ts';
import { ShellError } from './shell-error.ts';

/** The jobs named by these words. @throws ShellError `no_such_job` for a word that names none. */
export async function jobsMeant(
  { service, jobNames }: { readonly service: JobService; readonly jobNames: JobNaming },
  words: readonly Word[],
): Promise<JobView[]> {
  const all = await service.list();
  return words.flatMap((word) => {
    const [name = '', client] = word.text.split('/', 2);
    const id = jobNames.idOf(name);
    const meant = all.filter((job) => job.id === id && (client === undefined || job.client === client));
    if (meant.length > 0) return meant;
    throw new ShellError('no_such_job', `there is no job '${word.text}'`, { at: word, hint: hintFor(jobNames) });
  });
}

function hintFor({ sentHere }: JobNaming): string {
  if (sentHere === undefined) {
    return 'jobs lists those that are known: 7 means all jobs of line 7, 7/w1 the one on w1, last the newest';
  }
  return `a number counts the commands that this script or file has sent: so far ${sentHere}; --as NAME names one`;
}
