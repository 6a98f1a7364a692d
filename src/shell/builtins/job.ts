import type { Builtin, BuiltinContext } from '../../plugin/builtin.ts';
import type { JobDetails } from '../../plugin/job-service.ts';
import { atMost, usageError } from '../parse/builtin-arguments.ts';
import { commandLine } from '../parse/command-line.ts';
import { formatDuration } from '../parse/duration.ts';
import { jobName } from '../parse/job-id.ts';
import { called } from '../parse/signature.ts';
import { formatTime } from '../parse/time.ts';
import { stateOf } from './jobs.ts';

/** Characters shown of a value; JSON has the whole value. */
const maxLength = 1_000;
const headingWidth = 11;

export const jobBuiltin: Builtin = {
  name: 'job',
  usage: 'job JOB',
  summary: 'Show all details of a job, even if it ended days ago.',
  example: 'job 7/w1',
  completes: ['job'],
  prepare(context, words) {
    const [word] = words;
    if (!word) throw usageError(jobBuiltin, 'a job is missing; jobs lists them');
    atMost(jobBuiltin, words, 1);
    return async () => {
      for (const [at, key] of (await context.jobsMeant([word])).entries()) {
        const job = await context.service.get(key);
        const output = await sizesOf(context, job);
        const contract = context.service.commands.get(job.command);
        const line = commandLine(contract, job.command, job.args);
        const redacted = job.redacted?.map((name) => called(contract, name));
        const text = render(job, { line, redacted, output });
        context.output.say(at > 0 ? `\n${text}` : text, { type: 'job', ...job, line, output });
      }
    };
  },
};

type Sizes = Partial<Record<'stdout' | 'stderr', { readonly bytes: number; readonly keptBytes: number }>>;

/** Bytes written to each stream, and bytes kept. */
async function sizesOf({ service }: BuiltinContext, job: JobDetails): Promise<Sizes> {
  const sizes: Sizes = {};
  for (const { stream, offset, data } of await service.output(job)) {
    sizes[stream] = { bytes: offset + data.length, keptBytes: (sizes[stream]?.keptBytes ?? 0) + data.length };
  }
  return sizes;
}

function render(
  job: JobDetails,
  { line, redacted, output }: { line: string; redacted: readonly string[] | undefined; output: Sizes },
): string {
  const { error, text, late, lostOutput = {} } = job;
  const at = (ms: number | undefined) => (ms === undefined ? undefined : formatTime(ms));
  const lasting = (ms: number | undefined) => (ms === undefined ? undefined : formatDuration(ms));
  const lost = Object.entries(lostOutput).flatMap(([stream, bytes = 0]) =>
    bytes > 0 ? `${bytes} bytes of ${stream}` : [],
  );
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['job', jobName(job)],
    ['id', job.id],
    ['command', line],
    ['redacted', redacted?.join(', ')],
    ['state', stateOf(job)],
    ['error', error && (error.code === job.outcome ? error.message : `${error.code}: ${error.message}`)],
    ['result', text],
    ['late', late && [late.outcome, late.error?.message, late.text].filter(Boolean).join(': ')],
    ['submitted', `${at(job.submittedAtMs)}${job.actor === undefined ? '' : ` by ${job.actor}`}`],
    ['expires', at(job.expiresAtMs)],
    ['ended', at(job.settledAtMs)],
    ['took', lasting(job.durationMs)],
    ['timeout', lasting(job.timeoutMs)],
    ['sent to', job.bootId === undefined ? undefined : `${job.client}, boot id ${job.bootId}`],
    ['batch', job.batch && batchOf(job.batch)],
    ['key', job.key],
    ...Object.entries(output).map(
      ([stream, { bytes, keptBytes }]) =>
        [stream, keptBytes === bytes ? `${bytes} bytes` : `${bytes} bytes, ${keptBytes} kept`] as const,
    ),
    ['lost', lost.length === 0 ? undefined : [lost.join(', '), job.outputError].filter(Boolean).join(': ')],
    ['notes', notesOf(job)],
    ['trace', job.traceparent],
  ];
  return rows
    .flatMap(([heading, value]) => (value ? `${heading.padEnd(headingWidth)}${oneLine(value)}` : []))
    .join('\n');
}

const oneLine = (value: string): string => {
  const line = value.trim().replaceAll(/\s*\n\s*/g, ' ');
  return line.length <= maxLength ? line : `${line.slice(0, maxLength).toWellFormed()}… (--output json shows all)`;
};

function batchOf({ size, maxFailures, failures }: NonNullable<JobDetails['batch']>): string {
  const most = maxFailures === undefined ? '' : `, ${maxFailures} allowed`;
  return `at most ${size} at once; ${failures} failed${most}`;
}

function notesOf({ standing, adopted, takenUp, cancelRequested }: JobDetails): string {
  const notes: readonly (readonly [string, true | undefined])[] = [
    ['runs until it is cancelled', standing],
    ['adopted: a server with another store sent it', adopted],
    ['continued by a later process of its client', takenUp],
    ['cancel was requested', cancelRequested],
  ];
  return notes.flatMap(([note, applies]) => (applies ? note : [])).join('; ');
}
