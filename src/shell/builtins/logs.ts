import type { Builtin } from '../builtin.ts';
import { jobsMeant } from '../jobs-meant.ts';
import { splitOptions, wordError } from '../parse/word-arguments.ts';
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
      const jobs = jobsMeant(shell, plain);
      for (const { id, client, command } of jobs) {
        const ends = { stdout: 0, stderr: 0 };
        for (const { stream, offset, data } of shell.server.output(id, client) ?? []) {
          const lostBytes = offset - ends[stream];
          ends[stream] = offset + data.length;
          const lost = lostBytes > 0 && { lostBytes };
          shell.output.replay({ type: 'output', id, client, command, stream, offset, data, ...lost });
        }
      }
      // What comes from now on is shown as it comes, as for every job.
      if (options.has('-f')) await untilSettled(shell.server, jobs, signal);
    };
  },
};
