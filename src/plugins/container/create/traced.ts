import type { ContainerCreateOptions } from 'dockerode';

/** Passes the span of the job to the program of the container, as `run` does, unless the environment already contains one. */
export function traced(
  { Env = [] }: ContainerCreateOptions,
  traceparent: string | undefined,
): Pick<ContainerCreateOptions, 'Env'> {
  if (traceparent === undefined || Env.some((one) => one.startsWith('TRACEPARENT='))) return {};
  return { Env: [...Env, `TRACEPARENT=${traceparent}`] };
}
