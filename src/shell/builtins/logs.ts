import type { Builtin, BuiltinContext } from '../../plugin/builtin.ts';
import type { JobView } from '../../plugin/job-service.ts';
import { splitOptions, usageError } from '../parse/builtin-arguments.ts';
import { jobName } from '../parse/job-id.ts';

export const logsBuiltin: Builtin = {
  name: 'logs',
  usage: 'logs [-f] JOB',
  summary: 'Show the kept output of a job; with -f, follow it until the job ends.',
  example: 'logs -f 7',
  completes: ['job'],
  options: [{ option: '-f', about: 'follow until the job ends' }],
  prepare(context, words) {
    const { plain, options } = splitOptions(logsBuiltin, words);
    if (plain.length === 0) throw usageError(logsBuiltin, 'a job is missing; jobs lists them');
    return async () => {
      const show = async () => {
        const jobs = await context.jobsMeant(plain);
        for (const job of jobs) await replay(context, job);
        return jobs;
      };
      // Later output is shown as it arrives, as for every job.
      if (options.has('-f')) await context.untilSettled(show);
      else await show();
    };
  },
};

async function replay({ service, output }: BuiltinContext, job: JobView): Promise<void> {
  const { id, number, client, command } = job;
  const ends = { stdout: 0, stderr: 0 };
  const kept = await service.output(job);
  if (kept.length === 0) output.note(`no output of ${jobName(job)} is kept`);
  for (const { stream, offset, data } of kept) {
    const lostBytes = offset - ends[stream];
    ends[stream] = offset + data.length;
    output.replay({ id, number, client, command, stream, offset, data, ...(lostBytes > 0 && { lostBytes }) });
  }
}
