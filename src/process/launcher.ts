import { spawnSync } from 'node:child_process';
import { isShortage } from './bounded-read.ts';
import { ProcessError } from './process-error.ts';
import { jobVariable } from './process-scan.ts';

/**
 * What stands in front of a program that must be in its cgroups, or have its open files limited, before its first
 * instruction: a fixed `/bin/sh` text that reads nothing of the caller's, and `env`, since a shell would change the
 * environment. Moving it from outside would come too late for what it forks at once, and moving this process instead
 * takes 10 ms in which nothing else runs.
 *
 * Every user of the machine can read the arguments of a process, and only its owner the environment. So each NAME=VALUE goes
 * to `env` as the value of a variable with a name of ours, which a shell hands on untouched, and its `-S` puts it back.
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

const launcherPrograms = { shell: '/bin/sh', env: '/usr/bin/env' } as const;

export const launcherNeeds = '/bin/sh, and /usr/bin/env with -S (GNU coreutils 8.30)';

let isHere: boolean | undefined;

/** Whether it works on this machine; tried once. @throws where the system is short of descriptors, memory or processes. */
export function isLauncherHere(): boolean {
  isHere ??= tryLauncher();
  return isHere;
}

function tryLauncher(): boolean {
  const { argv, env } = launch(['/bin/sh', '-c', 'test "$A" = "$0"', 'b c'], { A: 'b c' }, {});
  const [shell = '', ...args] = argv;
  const { status, error } = spawnSync(shell, args, { env, stdio: 'ignore' });
  if (isShortage(error)) throw error;
  return status === 0;
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
  return launch(argv, env, { cgroups, openFiles });
}

function launch(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { cgroups = [], openFiles }: { cgroups?: readonly string[]; openFiles?: number | undefined },
): Launch {
  const { shell, env: envProgram } = launcherPrograms;
  const variables = Object.entries(env).map(
    ([name, value], index) => [`SIGNALBOX_${index}`, `${name}=${value}`] as const,
  );
  const putBack = ['-i', '--', ...variables.map(([name]) => `\${${name}}`)].join(' ');
  const prefix = [shell, '-c', script, 'signalbox', String(openFiles ?? ''), ...cgroups, '--'];
  // The mark is there in all stages, for whoever looks for processes of the job.
  const mark = env[jobVariable] === undefined ? {} : { [jobVariable]: env[jobVariable] };
  return {
    argv: [...prefix, envProgram, `-S${putBack}`, ...argv],
    env: { ...Object.fromEntries(variables), ...mark },
    reports: true,
  };
}
