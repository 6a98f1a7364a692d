import type { Stream } from '../../index.ts';
import { jobsMeant } from '../jobs-meant.ts';
import { untilSettled } from '../until-settled.ts';
import type { ShellWord } from '../word.ts';
import { splitOptions, wordError } from '../word-arguments.ts';

const streams: readonly Stream[] = ['stdout', 'stderr'];

export const logsWord: ShellWord = {
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
        for (const stream of streams) {
          const kept = shell.server.output(id, client, stream);
          if (!kept || kept.data.length === 0) continue;
          const lost = kept.from > 0 ? { lostBytes: kept.from } : {};
          shell.output.replay({
            type: 'output',
            id,
            client,
            command,
            stream,
            offset: kept.from,
            data: kept.data,
            ...lost,
          });
        }
      }
      // What comes from now on is shown as it comes, as for every job.
      if (options.has('-f')) await untilSettled(shell.server, jobs, signal);
    };
  },
};
