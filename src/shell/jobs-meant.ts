import type { JobView } from '../index.ts';
import { meansJob } from './job-id.ts';
import type { Word } from './parse.ts';
import type { Shell } from './shell.ts';
import { ShellError } from './shell-error.ts';

/** The jobs that these words mean. @throws ShellError `no_such_job` for a word that means none. */
export function jobsMeant(shell: Shell, words: readonly Word[]): JobView[] {
  const all = shell.server.jobs();
  return words.flatMap((word) => {
    const meant = all.filter((job) => meansJob(word.text, job, shell.server.bootId));
    if (meant.length > 0) return meant;
    const hint = 'jobs lists those that are known: 7 means all jobs of line 7, 7/w1 the one on w1';
    throw new ShellError('no_such_job', `there is no job '${word.text}'`, { at: word, hint });
  });
}
