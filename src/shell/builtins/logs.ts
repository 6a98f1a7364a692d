import type { JobView } from '../../plugin/job-service.ts';
import { rejectOnAbort } from '../../reject-on-abort.ts';
import type { Builtin } from '../builtin.ts';
import { jobsMeant } from '../jobs-meant.ts';
import { splitOptions, wordError } from '../parse/word-arguments.ts';
import type { Shell } from '../shell.ts';
import { untilSettled } from '../until-settled.ts';

export const logsWord: Builtin = {
  name: 'logs',
  usage: 'logs [-f] JOB',
  summary: 'Show what is kept of the output of a job; with -f go on until it ends.',
  example: 'logs -f 7',
  completes: ['job'],
  options: [{ option: '-f', about: 'go on until it ends' }],
  prepare(shell, words) {
    const { plain, options } = splitOptions(logsWord, words);
    if (plain.length === 0) throw wordError(logsWord, 'which job? jobs lists them');
    return async (signal) => {
      const show = async () => {
        const jobs = await jobsMeant(shell, plain);
        for (const job of jobs) await replay(shell, job, signal);
        return jobs;
      };
      // What comes from then on is shown as it comes, as for every job.
      if (options.has('-f')) await untilSettled(shell, show, signal);
      else await rejectOnAbort(show(), signal);
    };
  },
};

async function replay(shell: Shell, { id, client, command }: JobView, signal: AbortSignal): Promise<void> {
  const ends = { stdout: 0, stderr: 0 };
  for (const { stream, offset, data } of await shell.service.output({ id, client })) {
    if (signal.aborted) return;
    const lostBytes = offset - ends[stream];
    ends[stream] = offset + data.length;
    shell.output.replay({ id, client, command, stream, offset, data, ...(lostBytes > 0 && { lostBytes }) });
  }
}
