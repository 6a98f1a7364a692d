import type { Builtin } from '../../plugin/builtin.ts';
import type { JobService, JobView } from '../../plugin/job-service.ts';
import { atMost } from '../parse/builtin-arguments.ts';
import { commandLine } from '../parse/command-line.ts';
import { formatDuration } from '../parse/duration.ts';
import { asTyped, jobName } from '../parse/job-id.ts';
import { shorten } from '../shell-error.ts';

const settledShown = 10;

export const jobsBuiltin: Builtin = {
  name: 'jobs',
  usage: 'jobs',
  summary: `List the jobs that wait or run, and the last ${settledShown} that ended.`,
  example: 'jobs',
  prepare(context, words) {
    atMost(jobsBuiltin, words, 0);
    return async () => {
      await context.clientsReady();
      const all = await context.service.list();
      const data = all.filter(({ kind }) => kind === 'data');
      const ended = data.filter(({ state }) => state === 'settled').slice(-settledShown);
      const shown = [...ended, ...data.filter(({ state }) => state !== 'settled')].sort(asTyped);
      const nameOf = new Map([...context.jobNames.all()].map(([name, number]) => [number, name]));
      const rows = shown.map((job) => withName(job, nameOf.get(job.number)));
      context.output.table({ type: 'job', rows, columns: columns(context.service, rows), empty: 'there are no jobs' });
    };
  },
};

/** With the name that `--as` gave it. */
type Row = JobView & { readonly as?: string };

const withName = (job: JobView, as: string | undefined): Row => (as === undefined ? job : { ...job, as });

function columns({ commands }: Pick<JobService, 'commands'>, rows: readonly Row[]) {
  const isNamed = rows.some(({ as }) => as !== undefined);
  return [
    { heading: 'JOB', cell: (job: JobView) => jobName(job) },
    ...(isNamed ? [{ heading: 'NAME', cell: ({ as = '-' }: Row) => as }] : []),
    {
      heading: 'COMMAND',
      cell: ({ command, args }: JobView) => shorten(commandLine(commands.get(command), command, args)),
      shrinks: true,
    },
    { heading: 'STATE', cell: stateOf },
    {
      heading: 'TIME',
      cell: ({ durationMs }: JobView) => (durationMs === undefined ? '-' : formatDuration(durationMs)),
    },
    { heading: 'DONE', cell: ({ progress }: JobView) => (progress ? `${Math.floor(progress.fraction * 100)} %` : '-') },
  ];
}

function stateOf({ state, outcome, outputFull }: JobView): string {
  if (outputFull) return 'waits for its output to be taken';
  return outcome ?? (state === 'accepted' ? 'running' : state);
}
