import { resolve } from 'node:path';

/** Options of Signalbox itself, and those of its exporter of traces: they are meant for the client. */
const isOurs = (name: string): boolean => name.startsWith('SIGNALBOX_') || name.startsWith('OTEL_');

/**
 * The environment of a program that is run as a job: that of its client, without what is meant for the client alone.
 * @param own environment of the client.
 * @param cwd folder that was asked for; `PWD` names it, as a shell's `cd` would leave it.
 * @param added NAME=VALUE as it was asked for: it wins over everything.
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
