import type { ContainerCreateOptions } from 'dockerode';

/** Hands the span of its job on to what a container runs, as to what `run` starts; not over one that was given. */
export function traced(
  { Env = [] }: ContainerCreateOptions,
  traceparent: string | undefined,
): Pick<ContainerCreateOptions, 'Env'> {
  if (traceparent === undefined || Env.some((one) => one.startsWith('TRACEPARENT='))) return {};
  return { Env: [...Env, `TRACEPARENT=${traceparent}`] };
}
