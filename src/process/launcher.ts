import { accessSync, constants } from 'node:fs';
import { ProcessError } from './process-error.ts';

/**
 * What stands in front of a program that must be in its cgroups, or have its open files limited, before its first
 * instruction: a fixed `/bin/sh` text that reads nothing of the caller's, and `env`, since a shell would change the
 * environment. Moving it from outside would come too late for what it forks at once, and moving this process instead
 * takes 10 ms in which nothing else runs.
 *
 * On descriptor 3 it says what failed; an end without a word means that the program was executed.
 */
const script = `
fail() { echo "$1" >&3; exit 125; }
if [ -n "$1" ]; then ulimit -n "$1" 2>/dev/null || fail "the limit of $1 open files was refused"; fi
shift
while [ "$1" != -- ]; do { echo 0 >"$1"; } 2>/dev/null || fail "cannot enter $1"; shift; done
shift
exec "$@" 3>&-
`;

export const launcherPrograms = { shell: '/bin/sh', env: '/usr/bin/env' } as const;

export function isLauncherHere(): boolean {
  try {
    for (const program of Object.values(launcherPrograms)) accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether descriptor 3 tells of a failure. */
  readonly reports: boolean;
}

/**
 * @param cgroups the `cgroup.procs` files of the groups to enter.
 * @throws ProcessError `not_executable` where `env` would take the program for a variable.
 */
export function prepareLaunch(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { cgroups, openFiles }: { cgroups: readonly string[]; openFiles: number | undefined },
): Launch {
  if (cgroups.length === 0 && openFiles === undefined) return { argv, env, reports: false };
  const [name = ''] = argv;
  if (name.includes('=')) throw new ProcessError('not_executable', `${name} cannot be started: its name holds a '='`);
  const { shell, env: envProgram } = launcherPrograms;
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const program = [envProgram, '-i', '--', ...assignments, ...argv];
  const prefix = [shell, '-c', script, 'signalbox', String(openFiles ?? ''), ...cgroups, '--'];
  return { argv: [...prefix, ...program], env: {}, reports: true };
}
