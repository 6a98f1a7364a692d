import { resolve } from 'node:path';

/** Options for Signalbox itself and its trace exporter: meant for the client, not for its jobs. */
const isOurs = (name: string): boolean => name.startsWith('SIGNALBOX_') || name.startsWith('OTEL_');

/**
 * The environment of a program that runs as a job: that of the client, without the client's own options.
 * @param own environment of the client.
 * @param cwd requested folder; `PWD` is set to it, as `cd` of a shell does.
 * @param added requested NAME=VALUE pairs; they override everything else.
 */
export function jobEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  { cwd, traceparent, added = [] }: { cwd?: string; traceparent?: string | undefined; added?: readonly string[] },
): Record<string, string | undefined> {
  const kept = Object.fromEntries(Object.entries(own).filter(([name]) => !isOurs(name)));
  return {
    ...kept,
    ...(cwd !== undefined && { PWD: resolve(cwd), OLDPWD: undefined }),
    ...(traceparent !== undefined && { TRACEPARENT: traceparent }),
    ...Object.fromEntries(added.map((one) => one.split(/=(.*)/s, 2))),
  };
}
