import type { Builtin, BuiltinContext } from '../../plugin/builtin.ts';
import type { JobView } from '../../plugin/job-service.ts';
import { splitOptions, usageError } from '../parse/builtin-arguments.ts';
import { jobName } from '../parse/job-id.ts';

export const logsBuiltin: Builtin = {
  name: 'logs',
  usage: 'logs [-f] JOB',
  summary: 'Show what is kept of the output of a job; with -f go on until it ends.',
  example: 'logs -f 7',
  completes: ['job'],
  options: [{ option: '-f', about: 'go on until it ends' }],
  prepare(context, words) {
    const { plain, options } = splitOptions(logsBuiltin, words);
    if (plain.length === 0) throw usageError(logsBuiltin, 'which job? jobs lists them');
    return async () => {
      const show = async () => {
        const jobs = await context.jobsMeant(plain);
        for (const job of jobs) await replay(context, job);
        return jobs;
      };
      // What comes from then on is shown as it comes, as for every job.
      if (options.has('-f')) await context.untilSettled(show);
      else await show();
    };
  },
};

async function replay({ service, output }: BuiltinContext, job: JobView): Promise<void> {
  const { id, number, client, command } = job;
  const ends = { stdout: 0, stderr: 0 };
  const kept = await service.output(job);
  if (kept.length === 0) output.note(`of ${jobName(job)} no output is kept`);
  for (const { stream, offset, data } of kept) {
    const lostBytes = offset - ends[stream];
    ends[stream] = offset + data.length;
    output.replay({ id, number, client, command, stream, offset, data, ...(lostBytes > 0 && { lostBytes }) });
  }
}
