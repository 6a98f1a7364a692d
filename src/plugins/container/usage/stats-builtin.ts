import { type Builtin, type BuiltinContext, type JobView, SignalboxError } from '../../../index.ts';
import { container } from '../contracts/container.ts';
import { containerStats, roundSchema } from '../contracts/container-stats.ts';
import type { Usage } from '../contracts/usage.ts';
import { formatBytes } from '../format-bytes.ts';

const msPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

interface Row extends Usage {
  readonly id: string;
  readonly number: number;
  readonly client: string;
  readonly name: string;
}

const columns = [
  { heading: 'JOB', cell: ({ number, client }: Row) => `${number}/${client}` },
  { heading: 'CPU', cell: ({ cpuPercent }: Row) => `${cpuPercent.toFixed(1)} %` },
  { heading: 'MEMORY', cell: ({ memoryBytes }: Row) => formatBytes(memoryBytes) },
  {
    heading: 'OF',
    cell: ({ memoryLimitBytes }: Row) => (memoryLimitBytes === null ? '-' : formatBytes(memoryLimitBytes)),
  },
  { heading: 'PIDS', cell: ({ pids }: Row) => String(pids ?? '-') },
  { heading: 'READ', cell: ({ readBytes }: Row) => formatBytes(readBytes) },
  { heading: 'WRITTEN', cell: ({ writtenBytes }: Row) => formatBytes(writtenBytes) },
  { heading: 'RECEIVED', cell: ({ receivedBytes }: Row) => formatBytes(receivedBytes) },
  { heading: 'SENT', cell: ({ sentBytes }: Row) => formatBytes(sentBytes) },
  { heading: 'CONTAINER', cell: ({ name }: Row) => name, shrinks: true },
];

/** Shows the resource usage of the containers of jobs, once or until they have ended. The clients take the samples. */
export const statsBuiltin: Builtin = {
  name: 'stats',
  usage: 'stats [JOB…] [--every D]',
  summary:
    'Show the resource usage of the containers of jobs (default: all), once or with --every until they have ended.',
  example: 'stats --every 2s',
  completes: ['job'],
  options: [{ option: '--every', label: 'D', about: 'repeat at this interval until Ctrl-C' }],
  prepare(context, words) {
    const at = words.findIndex(({ text, quoted }) => !quoted && /^--every(?:=|$)/.test(text));
    const inWord = at !== -1 && words[at]?.text.includes('=');
    const everyMs = at === -1 ? undefined : durationOf(inWord ? words[at]?.text.slice(8) : words[at + 1]?.text);
    const jobWords = words.filter((_, index) => at === -1 || index < at || index > at + (inWord ? 0 : 1));
    const option = jobWords.find(({ text, quoted }) => !quoted && text.startsWith('--'));
    if (option) throw new SignalboxError('bad_usage', `stats has no ${option.text}: ${statsBuiltin.usage}`);
    return async () => {
      if (!(await context.clientsReady())) return;
      const running = (await context.service.list({ state: 'running' })).filter(isContainer);
      const meant = jobWords.length === 0 ? running : (await context.jobsMeant(jobWords)).filter(isContainer);
      const jobs = meant.filter((job) => running.some(({ id, client }) => id === job.id && client === job.client));
      if (jobs.length === 0) {
        if (jobWords.length === 0)
          context.output.table({ type: 'stats', rows: [], columns, empty: 'no container is running' });
        else context.fail(new SignalboxError('no_such_job', 'none of these jobs has a running container'));
        return;
      }
      const byClient = Map.groupBy(jobs, ({ client }) => client ?? '');
      await Promise.all([...byClient].map(([client, own]) => show(context, client, own, everyMs)));
    };
  },
};

const isContainer = ({ command }: JobView): boolean => command === container.name;

function durationOf(text = ''): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Math.round(Number(amount) * (msPerUnit[unit] ?? Number.NaN));
  if (ms >= 500) return ms;
  throw new SignalboxError('bad_usage', `--every takes a duration of at least 500ms, such as 2s, not '${text}'`);
}

/** Shows each sample of a client as a table. */
async function show(
  { service, signal, output, fail }: BuiltinContext,
  client: string,
  jobs: readonly JobView[],
  everyMs: number | undefined,
): Promise<void> {
  const args = { jobs: jobs.map(({ id }) => id), ...(everyMs === undefined ? { count: 1 } : { every: everyMs }) };
  const [sampling] = (await service.submit(client, containerStats, args)).jobs;
  if (!sampling) return;
  const cancel = () => void sampling.cancel().catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    for await (const event of sampling.events) {
      if (event.type !== 'job.records' || signal.aborted) continue;
      for (const { value } of event.records) {
        const { containers } = roundSchema.parse(value);
        const rows = containers.flatMap(({ job: id, ...usage }): Row[] => {
          const job = jobs.find((one) => one.id === id);
          return job ? [{ id, number: job.number, client, ...usage }] : [];
        });
        output.table({ type: 'stats', rows, columns, empty: 'no container is running' });
      }
    }
    const ended = await sampling.outcome;
    if (ended.outcome !== 'completed' && !signal.aborted) {
      fail(new SignalboxError(ended.error.code, `${client}: ${ended.error.message}`));
    }
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
