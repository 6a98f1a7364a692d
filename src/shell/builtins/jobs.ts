import { SignalboxError } from '../../../schemas/errors.ts';
import { outcomes } from '../../../schemas/words.ts';
import { jobKeyText } from '../../place-name.ts';
import type { Builtin, BuiltinContext } from '../../plugin/builtin.ts';
import type { HistoryFilter, JobService, JobView } from '../../plugin/job-service.ts';
import { atMost, splitOptions } from '../parse/builtin-arguments.ts';
import { commandLine } from '../parse/command-line.ts';
import { formatDuration } from '../parse/duration.ts';
import { historyOptions, historyWanted } from '../parse/history-options.ts';
import { asTyped, jobName } from '../parse/job-id.ts';
import { formatTime } from '../parse/time.ts';
import { shorten } from '../shell-error.ts';

const settledShown = 10;
const maxPage = 1_000;

export const jobsBuiltin: Builtin = {
  name: 'jobs',
  usage: 'jobs [--client NAME] [--command NAME] [--outcome O,…] [--since D] [--actor NAME] [--limit N]',
  summary: `List the jobs that wait or run, and the last ${settledShown} that ended; with options, search the history, newest last.`,
  example: 'jobs --outcome failed,lost --since 1d',
  options: historyOptions,
  prepare(context, words) {
    const { plain, options } = splitOptions(jobsBuiltin, words);
    atMost(jobsBuiltin, plain, 0);
    const wanted = options.size === 0 ? undefined : historyWanted(jobsBuiltin, options);
    return async () => {
      if (!wanted) {
        await context.clientsReady();
        show(context, await newest(context.service), { isHistory: false, empty: 'there are no jobs' });
        return;
      }
      const { limit } = wanted;
      const { jobs, isPart } = await history(context.service, wanted.filter(Date.now()), limit);
      const note = isPart ? `older jobs match too; --limit ${limit * 10} shows more` : undefined;
      show(context, jobs, { isHistory: true, empty: 'no job matches', note });
    };
  },
};

/** Waiting and running jobs, and those that ended last; works without the store, too. */
async function newest(service: JobService): Promise<JobView[]> {
  const here = (await service.list()).filter(({ kind }) => kind === 'data');
  const ended = await endedLast(service, here);
  const keys = new Set(ended.map(jobKeyText));
  return [...ended, ...here.filter((job) => job.state !== 'settled' && !keys.has(jobKeyText(job)))].sort(asTyped);
}

async function endedLast(service: JobService, here: readonly JobView[]): Promise<readonly JobView[]> {
  try {
    return (await service.history({ outcomes, kind: 'data' }, { limit: settledShown })).jobs;
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.code !== 'unavailable') throw error;
    return here.filter(({ state }) => state === 'settled').slice(-settledShown);
  }
}

/** The newest jobs, oldest first. */
async function history(
  service: JobService,
  filter: HistoryFilter,
  limit: number,
): Promise<{ jobs: JobView[]; isPart: boolean }> {
  const jobs: JobView[] = [];
  let from: string | undefined;
  do {
    const page = { limit: Math.min(maxPage, limit - jobs.length), ...(from !== undefined && { from }) };
    const { jobs: more, next } = await service.history(filter, page);
    for (const job of more) jobs.push(job);
    from = next;
  } while (from !== undefined && jobs.length < limit);
  return { jobs: jobs.reverse(), isPart: from !== undefined };
}

/** With the name given by `--as`. */
type Row = JobView & { readonly as?: string };

function show(
  { service, output, jobNames }: BuiltinContext,
  jobs: readonly JobView[],
  { isHistory, empty, note }: { isHistory: boolean; empty: string; note?: string | undefined },
): void {
  const nameOf = new Map([...jobNames.all()].map(([name, number]) => [number, name]));
  const rows = jobs.map((job): Row => {
    const as = nameOf.get(job.number);
    return as === undefined ? job : { ...job, as };
  });
  output.table({ type: 'job', rows, columns: columns(service, rows, isHistory), empty, note });
}

function columns({ commands }: Pick<JobService, 'commands'>, rows: readonly Row[], isHistory: boolean) {
  const isNamed = rows.some(({ as }) => as !== undefined);
  const time = {
    heading: 'TIME',
    cell: ({ durationMs }: JobView) => (durationMs === undefined ? '-' : formatDuration(durationMs)),
  };
  return [
    { heading: 'JOB', cell: (job: JobView) => jobName(job) },
    ...(isNamed ? [{ heading: 'NAME', cell: ({ as = '-' }: Row) => as }] : []),
    {
      heading: 'COMMAND',
      cell: ({ command, args }: JobView) => shorten(commandLine(commands.get(command), command, args)),
      shrinks: true,
    },
    { heading: 'STATE', cell: stateOf },
    ...(isHistory
      ? [
          { heading: 'SUBMITTED', cell: ({ submittedAtMs }: JobView) => formatTime(submittedAtMs) },
          time,
          { heading: 'BY', cell: ({ actor = '-' }: JobView) => actor },
        ]
      : [time, ...(rows.some(({ progress }) => progress) ? [{ heading: 'DONE', cell: doneOf }] : [])]),
  ];
}

/** Many commands report no progress; an ended job needs none. */
function doneOf({ progress, state }: JobView): string {
  if (progress) return `${Math.floor(progress.fraction * 100)} %`;
  return state === 'settled' ? '' : '-';
}

export function stateOf({ state, outcome, outputFull, held }: JobView): string {
  if (held) return 'waiting for its turn';
  if (outputFull) return 'waiting for its output to be read';
  return outcome ?? (state === 'accepted' ? 'running' : state);
}
