import { type JobContext, JobFailure, type ResultOf, SignalboxError } from '../../index.ts';
import type { Allowed } from './allowed.ts';
import type { container } from './contract.ts';
import { type ContainerArgs, createOptions } from './create-options.ts';
import { describeContainer } from './describe.ts';
import type { Engine } from './engine.ts';

/** Runs the container of a job until it has ended and is removed. */
export async function runContainer(
  args: ContainerArgs,
  job: JobContext,
  { engine, allowed }: { readonly engine: Engine; readonly allowed: Allowed },
): Promise<ResultOf<typeof container>> {
  const docker = await engine.docker();
  const { options, recheck } = await createOptions(args, { allowed, docker });
  // Else all of it goes into the address of the request too, with what is secret in the environment.
  const created = await docker.createContainer({ _query: {}, _body: options } as never);
  try {
    await recheck();
    await created.start();
    await created.wait();
    const { State, Image, Name } = await created.inspect();
    const facts = {
      exitCode: State.ExitCode,
      signal: null,
      timedOut: job.signal.reason instanceof SignalboxError && job.signal.reason.code === 'deadline_exceeded',
      outOfMemory: State.OOMKilled,
      cancelled: job.signal.aborted,
      durationMs: Date.parse(State.FinishedAt) - Date.parse(State.StartedAt),
      startedAt: State.StartedAt,
      finishedAt: State.FinishedAt,
      outputBytes: 0,
      image: args.image,
      imageDigest: Image,
      containerId: created.id,
      containerName: Name.slice(1),
      restarts: 0,
      left: false,
    };
    if (facts.exitCode === 0) return facts;
    throw new JobFailure(describeContainer(facts), facts);
  } finally {
    await created.remove({ v: true, force: true });
  }
}
