import { spawnSync } from 'node:child_process';
import { isShortage } from './bounded-read.ts';
import { ProcessError } from './process-error.ts';
import { jobVariable } from './process-scan.ts';

/**
 * Starts a program that must be in its cgroups, or have its open files limited, before its first instruction: a fixed
 * `/bin/sh` script that evaluates none of the caller's text, then `env`, since a shell would change the environment.
 * Moving the program from outside would be too late for processes it forks at once; moving this process instead blocks
 * it for 10 ms.
 *
 * Every user can read the arguments of a process, but only its owner can read its environment. So each NAME=VALUE is
 * passed to `env` as the value of another variable, which a shell keeps unchanged, and restored by `env -S`.
 *
 * Failures are written to descriptor 3. If it closes without data, the program was executed.
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

/** Whether it works on this machine; tried once. @throws if the system is short of descriptors, memory or processes. */
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
  /** Whether failures are written to descriptor 3. */
  readonly reports: boolean;
}

/**
 * @param cgroups the `cgroup.procs` files of the groups to enter.
 * @throws ProcessError `not_executable` if `env` would treat the program as a variable.
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
  // Every stage carries the mark, so that scans find it as part of the job.
  const mark = env[jobVariable] === undefined ? {} : { [jobVariable]: env[jobVariable] };
  return {
    argv: [...prefix, envProgram, `-S${putBack}`, ...argv],
    env: { ...Object.fromEntries(variables), ...mark },
    reports: true,
  };
}
