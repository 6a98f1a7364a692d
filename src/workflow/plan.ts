import type { Outcome } from '../../schemas/index.ts';
import { type Attempt, Standing, worst } from './attempts.ts';
import type { Instance } from './instances.ts';

/** The known state of one task of a run. */
export interface Progress {
  readonly attempts: readonly Attempt[];
  readonly approval?: 'approved' | 'refused';
  /** The run began after it, so it counts as completed. */
  readonly isPassed?: boolean;
  /** Its actor was removed, so it is not sent. */
  readonly isStopped?: boolean;
  /** Number of earlier attempts that no longer count. Their numbers are not reused. */
  readonly made?: number;
  /**
   * Number of attempts before the requested one. After that, the same number of retries is permitted as after the
   * first.
   */
  readonly asked?: number;
}

export interface RunState {
  readonly instances: readonly Instance[];
  /** By instance key. Absent for an instance without recorded state. */
  readonly progress: ReadonlyMap<string, Progress>;
  /** Maximum number of tasks at a time. */
  readonly parallel?: number | undefined;
  /** The run was cancelled, so nothing more is sent. */
  readonly isCancelled?: boolean;
}

/** `waiting` for its needs, for a free place, or for its next attempt; `asking` for an approval. */
export type TaskState =
  | { readonly state: 'waiting' | 'asking' | 'running' }
  | { readonly state: 'delayed'; readonly untilMs: number }
  | { readonly state: Outcome }
  /** `isFailure`: skipped because a task did not complete. */
  | { readonly state: 'skipped'; readonly isFailure: boolean };

/**
 * A task to submit. A retry is for these clients; undefined: the targets of its line, or the same number of new places.
 */
export interface Submission {
  readonly instance: Instance;
  /** From 1. */
  readonly attempt: number;
  readonly clients?: readonly (string | undefined)[];
  readonly isAsked?: boolean;
}

export interface Plan {
  readonly states: ReadonlyMap<string, TaskState>;
  readonly submissions: readonly Submission[];
  /** When to plan again if nothing happens before, in ms since the epoch. */
  readonly wakeAtMs?: number;
  /** Undefined while the run is in progress. */
  readonly end?: 'completed' | 'failed' | 'cancelled';
}

const maxBackoffMs = 3_600_000;
const none: Progress = { attempts: [] };

/** Decides the next actions of a run. Depends only on its definition, the known state of its tasks, and the time. */
export function plan(run: RunState, nowMs: number): Plan {
  const states = new Map<string, TaskState>();
  const wanted: Submission[] = [];
  for (const instance of run.instances) {
    const { state, submission } = decide(run, instance, states, nowMs);
    states.set(instance.key, state);
    if (submission) wanted.push(submission);
  }
  const submissions = withinLimits(run, states, wanted);
  for (const { instance } of submissions) states.set(instance.key, { state: 'running' });
  const all = [...states.values()];
  const wakeAtMs = Math.min(...all.map((one) => (one.state === 'delayed' ? one.untilMs : Number.POSITIVE_INFINITY)));
  const end = all.every(hasEnded) ? endOf(all, run.isCancelled) : undefined;
  return {
    ...{ states, submissions },
    ...(Number.isFinite(wakeAtMs) && { wakeAtMs }),
    ...(end && { end }),
  };
}

interface Decision {
  readonly state: TaskState;
  readonly submission?: Submission;
}

function decide(
  { progress, isCancelled: isAllCancelled = false }: RunState,
  instance: Instance,
  states: ReadonlyMap<string, TaskState>,
  nowMs: number,
): Decision {
  const known = progress.get(instance.key) ?? none;
  const { attempts, approval, isPassed, isStopped = false, made = 0 } = known;
  const isCancelled = isAllCancelled || isStopped;
  if (isPassed) return { state: { state: 'completed' } };
  if (attempts.length > 0) return afterAttempts(instance, known, { isCancelled, nowMs });
  const due = dueOf(instance, states);
  if (due !== 'due') return { state: isCancelled && due.state === 'waiting' ? { state: 'cancelled' } : due };
  if (isCancelled || approval === 'refused') return { state: { state: 'cancelled' } };
  const { approve, do: line } = instance.definition;
  if (approve !== undefined && approval === undefined) return { state: { state: 'asking' } };
  if (line === undefined) return { state: { state: 'completed' } };
  return { state: { state: 'waiting' }, submission: { instance, attempt: made + 1 } };
}

/** Considers the needs when all of them have ended, so that the order in which they end has no effect. */
function dueOf({ needs, definition }: Instance, states: ReadonlyMap<string, TaskState>): 'due' | TaskState {
  const ends = needs.map((need) => states.get(need)).filter((state) => state !== undefined);
  if (!ends.every(hasEnded)) return { state: 'waiting' };
  const isFailure = ends.some(isFailed);
  const isDue = {
    completed: ends.every(({ state }) => state === 'completed'),
    failed: isFailure,
    always: true,
  }[definition.when];
  // A task that waits for a failure which does not occur is not a failure itself.
  return isDue ? 'due' : { state: 'skipped', isFailure: isFailure && definition.when === 'completed' };
}

function afterAttempts(
  instance: Instance,
  { attempts, made = 0, asked = 0 }: Progress,
  { isCancelled, nowMs }: { isCancelled: boolean; nowMs: number },
): Decision {
  const last = attempts.at(-1);
  const isUnderWay = !last || (!last.unsent && last.jobs.some(({ outcome }) => outcome === undefined));
  if (isUnderWay) return { state: { state: 'running' } };
  const { retries, retryLost, backoff } = instance.definition;
  const isAsked = attempts.length === asked;
  const standing = new Standing(attempts, retryLost);
  const again = standing.repeatedBy({ isAsked, retryLost });
  const canRetry = last.unsent ? isAsked || last.unsent.canRetry : again?.length !== 0;
  if (isCancelled || !canRetry || attempts.length - asked > retries) return { state: { state: standing.outcome } };
  const delayMs = isAsked ? 0 : Math.min(maxBackoffMs, backoff * 2 ** (attempts.length - asked - 1));
  const untilMs = (last.endedAtMs ?? nowMs) + delayMs;
  if (untilMs > nowMs) return { state: { state: 'delayed', untilMs } };
  const clients = again && { clients: again.map(({ client }) => client) };
  const submission = { instance, attempt: made + attempts.length + 1, ...clients, ...(isAsked && { isAsked }) };
  return { state: { state: 'waiting' }, submission };
}

/** The first submissions, in the order of the definition, that the limits permit. */
function withinLimits(
  { instances, parallel = Number.POSITIVE_INFINITY }: RunState,
  states: ReadonlyMap<string, TaskState>,
  wanted: readonly Submission[],
): Submission[] {
  const running = instances.filter(({ key }) => states.get(key)?.state === 'running');
  const ofTask = new Map<string, number>();
  for (const { task } of running) ofTask.set(task, (ofTask.get(task) ?? 0) + 1);
  let total = running.length;
  return wanted.filter(({ instance: { task, definition } }) => {
    const count = ofTask.get(task) ?? 0;
    if (total >= parallel || count >= (definition.parallel ?? Number.POSITIVE_INFINITY)) return false;
    ofTask.set(task, count + 1);
    total += 1;
    return true;
  });
}

const hasEnded = ({ state }: TaskState): boolean => state === 'skipped' || worst.some((ended) => ended === state);

const isFailed = (task: TaskState): boolean =>
  task.state === 'skipped' ? task.isFailure : hasEnded(task) && task.state !== 'completed';

function endOf(states: readonly TaskState[], isCancelled = false): NonNullable<Plan['end']> {
  if (isCancelled) return 'cancelled';
  return states.some((task) => task.state !== 'skipped' && isFailed(task)) ? 'failed' : 'completed';
}
