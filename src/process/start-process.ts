import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { applyLimits } from './apply-limits.ts';
import { isShortage } from './bounded-read.ts';
import { monotonicMs } from './clock.ts';
import type { ProcessGroup } from './containment.ts';
import { feedInput } from './feed-input.ts';
import { checkDirectory, checkProgram } from './find-program.ts';
import { createGroup, openHost } from './host.ts';
import { IncomingOutput } from './incoming-output.ts';
import { prepareLaunch } from './launcher.ts';
import { checkOptions, type ProcessOptions } from './options.ts';
import { OutputLog } from './output-log.ts';
import { ProcessError } from './process-error.ts';
import type { ProcessHandle } from './process-handle.ts';
import { jobVariable } from './process-scan.ts';
import { RunningProcess } from './running-process.ts';
import { spawnProgram } from './spawn-program.ts';
import { wordsOf } from './system-error.ts';
import { startTimer } from './timer.ts';

const defaultGraceMs = 5_000;
export const defaultMaxOutputBytes = 64 * 1_024 * 1_024;

/**
 * Starts a program. Resolves when it has been executed; dispose of the handle when its output is no longer needed.
 * @throws ProcessError with any code except `closed`; nothing runs then.
 * @throws the reason of `signal`, if it aborted before the program was started.
 */
export async function startProcess(options: ProcessOptions): Promise<ProcessHandle> {
  checkOptions(options);
  const { argv, stdin, signal, limits: asked = {} } = options;
  const cwd = resolve(options.cwd ?? '.');
  const env = definedOf(options.env ?? process.env);
  await checkDirectory(cwd, options.cwd === undefined);
  await checkProgram(argv[0] ?? '', cwd, env.PATH);

  const host = await openHost();
  const id = host.nextId();
  const workspace =
    options.containment === 'none' ? { unavailable: 'cgroups are switched off for this process' } : host.workspace;
  const group = await createGroup(id, workspace, asked).catch((error: unknown) => {
    const code = isShortage(error) ? 'cannot_fork' : 'cannot_start';
    throw new ProcessError(code, `no cgroup could be created for it: ${wordsOf(error)}`, { cause: error });
  });
  try {
    const limits = await applyLimits(id, asked, workspace, options.ifLimitUnavailable ?? 'refuse');
    const { openFiles } = limits;
    const launch = prepareLaunch(
      argv,
      { ...env, [jobVariable]: id },
      {
        cgroups: group.entrances,
        openFiles: openFiles && 'by' in openFiles ? openFiles.value : undefined,
      },
    );
    signal?.throwIfAborted();
    host.guard.ensure();
    const startedAtMs = monotonicMs();
    const spawned = await spawnProgram(launch, { cwd, stdin: stdin !== undefined, pipes: host.pipes });
    group.started(spawned.pid);
    host.guard.add(spawned.pid);
    if (spawned.stdin && stdin !== undefined) void feedInput(spawned.stdin, stdin);
    const log = new OutputLog({
      maxBytes: options.maxOutputBytes ?? defaultMaxOutputBytes,
      directory: options.outputDirectory ?? tmpdir(),
      whenFull: options.whenFull ?? 'drop',
      onFull: options.onOutputFull,
    });
    const output = new IncomingOutput(spawned, log);
    const release = () => host.guard.remove(spawned.pid);
    const graceMs = options.graceMs ?? defaultGraceMs;
    const running = new RunningProcess({ id, spawned, group, limits, log, output, graceMs, startedAtMs, release });
    endOn(running, options);
    await spawned.launched.catch(async (error: unknown) => {
      await running[Symbol.asyncDispose]();
      throw error;
    });
    return running;
  } catch (error) {
    await removeQuietly(group);
    throw error;
  }
}

/** Ends the process at its timeout or when the caller's signal aborts. */
function endOn(running: RunningProcess, { timeoutMs, signal }: ProcessOptions): void {
  const timer = timeoutMs === undefined ? undefined : startTimer(timeoutMs, () => running.end('timedOut'));
  const cancel = () => running.end('cancelled');
  signal?.addEventListener('abort', cancel);
  if (signal?.aborted) cancel();
  void running.ownExit.then(() => {
    timer?.[Symbol.dispose]();
    signal?.removeEventListener('abort', cancel);
  });
}

const removeQuietly = (group: ProcessGroup) => group.remove().catch(() => {});

function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) defined[name] = value;
  return defined;
}
