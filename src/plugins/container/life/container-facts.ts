import { constants } from 'node:os';
import type { ContainerInspectInfo } from 'dockerode';
import type { ContainerResult } from '../contracts/container.ts';
import { labels } from '../notes/labels.ts';

const killed = 137;
const neverMs = Date.parse('0001-01-01T00:00:00Z');

interface Own {
  /** Signals that this client has sent to the container. */
  readonly sent: ReadonlySet<string>;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly outputBytes: number;
}

/** The result of an ended container, from the engine's description of it. */
export function factsOf(seen: ContainerInspectInfo, { sent, ...own }: Own): ContainerResult {
  const { ExitCode, StartedAt, FinishedAt } = seen.State;
  const signal = signalOf(ExitCode, sent);
  const startedAt = timeOf(StartedAt);
  const finishedAt = timeOf(FinishedAt);
  return {
    exitCode: signal === null && startedAt !== null ? ExitCode : null,
    signal,
    outOfMemory: ExitCode === killed ? outOfMemory(seen, sent) : false,
    ...own,
    durationMs: startedAt && finishedAt ? Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) : 0,
    startedAt,
    finishedAt,
    image: seen.Config.Image,
    imageDigest: seen.Image,
    containerId: seen.Id,
    containerName: seen.Name.replace(/^\//, ''),
    restarts: seen.RestartCount,
    left: seen.Config.Labels[labels.leave] === 'true',
  };
}

/** Facts about a container whose engine cannot be reached; it may still be running. */
export function unknownEnd(id: string, seen: ContainerInspectInfo | undefined, timedOut: boolean): ContainerResult {
  return {
    exitCode: null,
    signal: null,
    outOfMemory: false,
    timedOut,
    cancelled: !timedOut,
    durationMs: 0,
    startedAt: null,
    finishedAt: null,
    outputBytes: 0,
    image: seen?.Config.Image ?? '',
    imageDigest: seen?.Image ?? '',
    containerId: id,
    containerName: seen?.Name.slice(1) ?? id.slice(0, 12),
    restarts: seen?.RestartCount ?? 0,
    left: true,
  };
}

/**
 * `OOMKilled` of an engine stays true over all runs of a container, and is also set if another process than the main one was killed.
 * Its absence proves little: under load, an engine misses one kill in four.
 */
function outOfMemory({ State, HostConfig }: ContainerInspectInfo, sent: ReadonlySet<string>): boolean | null {
  if (State.OOMKilled) return true;
  return HostConfig.Memory && !sent.has('SIGKILL') ? null : false;
}

/**
 * An engine reports 128 + N both if signal N ended the main process and if the process exited with that code, as a shell does after a
 * killed child. 137 counts as SIGKILL; any other code counts as a signal only if this client has sent that signal.
 */
function signalOf(exitCode: number, sent: ReadonlySet<string>): string | null {
  if (exitCode === killed) return 'SIGKILL';
  const [name] = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128) ?? [];
  return name !== undefined && sent.has(name) ? name : null;
}

const timeOf = (time: string): string | null => (Date.parse(time) > neverMs ? time : null);
