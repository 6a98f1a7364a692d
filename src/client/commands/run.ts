import { describeRun, maxLeftPrograms, run } from '../../../schemas/commands/run.ts';
import { type ResultOf, SignalboxError } from '../../../schemas/index.ts';
import { type ProcessHandle, type ProcessResult, startProcess } from '../../process/index.ts';
import { implement, type JobContext, JobFailure } from '../implement.ts';
import { jobEnvironment } from '../job-environment.ts';

/** A little under what `terminate` gives a job. */
const graceMs = 4_000;
const units: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

export const runCommand = implement(run, async ({ argv, cwd, env, memory, cpus, pids, openFiles }, job) => {
  const limits = {
    ...(memory !== undefined && { memoryBytes: bytesOf(memory) }),
    ...(cpus !== undefined && { cpus }),
    ...(pids !== undefined && { pids }),
    ...(openFiles !== undefined && { openFiles }),
  };
  const handle = await startProcess({
    argv,
    env: jobEnvironment(process.env, {
      traceparent: job.traceparent,
      ...(cwd !== undefined && { cwd }),
      ...(env && { added: env }),
    }),
    limits,
    graceMs,
    signal: job.signal,
    ...(cwd !== undefined && { cwd }),
  });
  job.onSignal((signal) => handle.signal(signal));
  job.outputFrom({
    output: (options) => handle.output(options),
    end: (stream) => handle.status().output[stream].end,
    dispose: () => void handle[Symbol.asyncDispose](),
  });
  return judge(await handle.exited, handle, job);
});

/** @throws JobFailure for every end but exit code 0. */
function judge(result: ProcessResult, handle: ProcessHandle, job: JobContext): ResultOf<typeof run> {
  const timedOut = job.signal.reason instanceof SignalboxError && job.signal.reason.code === 'deadline_exceeded';
  const facts = {
    ...result,
    timedOut,
    cancelled: result.cancelled && !timedOut,
    durationMs: Math.round(result.durationMs),
    cpuMs: result.cpuMs === null ? null : Math.round(result.cpuMs),
    leftPrograms: result.leftPrograms.slice(0, maxLeftPrograms),
    survivors: [...result.survivors],
  };
  if (result.exitCode === 0 && !job.signal.aborted) return facts;
  const why = describeRun(result);
  const { outputError } = handle.status();
  throw new JobFailure(outputError === undefined ? why : `${why}; its output could not be kept: ${outputError}`, facts);
}

function bytesOf(text: string): number {
  const unit = units[text.at(-1) ?? ''];
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit;
}
