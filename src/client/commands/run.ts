import type { z } from 'zod';
import { describeRun, maxLeftPrograms, run } from '../../../schemas/commands/run.ts';
import { type ResultOf, SignalboxError } from '../../../schemas/index.ts';
import { implement, type JobContext, JobFailure } from '../../plugin/implement.ts';
import { type ProcessResult, type ProcessStatus, processSupport, startProcess } from '../../process/index.ts';
import { jobEnvironment } from '../job-environment.ts';

/** Slightly below the grace period of `terminate`. */
const graceMs = 4_000;

export const runCommand = implement(run, runProgram, {
  containment: async () => (await processSupport()).containment.kind,
});

async function runProgram(args: z.output<typeof run.args>, job: JobContext): Promise<ResultOf<typeof run>> {
  const { argv, cwd, env, memory, cpus, pids, openFiles, whenFull } = args;
  const limits = {
    ...(memory !== undefined && { memoryBytes: memory }),
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
    whenFull: whenFull ?? 'wait',
    onOutputFull: (isFull) => job.outputFull(isFull),
    ...(cwd !== undefined && { cwd }),
  });
  job.onSignal((signal) => handle.signal(signal));
  job.outputFrom({
    output: (options) => handle.orderedOutput(options),
    end: (stream) => handle.status().output[stream].end,
    taken: (stream, offset) => handle.taken(stream, offset),
    error: () => outputErrorOf(handle.status()),
    dispose: () => void handle[Symbol.asyncDispose](),
  });
  return judge(await handle.exited, job);
}

/** @throws JobFailure unless the exit code is 0. */
function judge(result: ProcessResult, job: JobContext): ResultOf<typeof run> {
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
  throw new JobFailure(describeRun(result), facts);
}

function outputErrorOf({ outputError, outputCut }: ProcessStatus): string | undefined {
  if (outputCut) return 'a process out of reach held the output open, and it was cut off';
  return outputError;
}
