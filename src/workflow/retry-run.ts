import { SignalboxError } from '../../schemas/index.ts';
import type { Instance } from './instances.ts';
import type { LiveRun } from './live-run.ts';
import type { LiveRuns } from './live-runs.ts';
import type { TaskState } from './plan.ts';
import type { Again } from './run-record.ts';
import type { RunRecords } from './run-records.ts';
import type { RunStore } from './run-store.ts';

interface Retry {
  /** One of its tasks. Undefined: every task that did not complete. */
  readonly task: string | undefined;
  /** For whom the repeated tasks and the tasks that follow them act. */
  readonly actor: string;
}

/**
 * Repeats what did not complete in a run, and what follows from it. It is a single write, so it happens as a whole or
 * not at all.
 * @throws SignalboxError `bad_usage`
 */
export async function retryRun(
  run: number,
  retry: Retry,
  { runs, store }: { readonly runs: LiveRuns; readonly store: RunStore },
): Promise<LiveRun> {
  const live = runs.get(run);
  if (live) return await retryLive(live, retry);
  const stored = await store.head(run);
  const { cancelled: _, end, ...kept } = stored.value;
  if (!end) throw runs.isStuck(run);
  if (stored.value.cancelled && retry.task !== undefined)
    throw bad(`run ${run} was cancelled; to continue it, use: workflow retry ${run}`);
  const before = await runs.open(stored);
  const again = againOf(before, before.records, retry);
  const next = await runs.open(await store.writeHead(stored, { ...kept, again }));
  next.news.begin({ ...before.plan(), submissions: [] });
  next.news.started(retry.actor, retry.task);
  next.follow();
  return next;
}

async function retryLive(live: LiveRun, retry: Retry): Promise<LiveRun> {
  const { run } = live.head;
  if (retry.task === undefined)
    throw bad(`run ${run} is in progress; to repeat a task that has ended, use: workflow retry ${run}/TASK`);
  const { task, actor } = retry;
  await live.change(async (records) => {
    if (live.head.cancelled) throw bad(`run ${run} is being cancelled; retry it when it has ended`);
    await records.writeHead({ ...records.head, again: againOf(live, records, retry) });
    live.news.started(actor, task);
  });
  return live;
}

/** The stored state of the tasks to repeat and of those that follow from them. */
function againOf(live: LiveRun, records: RunRecords, { task, actor }: Retry): Record<string, Again> {
  const { instances } = live.workflow;
  const { states } = live.plan();
  const { run, again = {} } = records.head;
  const asked = new Set(task === undefined ? unfinished(instances, states) : [named(task, run, states)]);
  if (asked.size === 0) throw bad(`run ${run} has completed: nothing to retry`);
  const made: Record<string, Again> = { ...again };
  const followers = new Set<string>();
  for (const { key, needs } of instances) {
    const follows = needs.some((need) => asked.has(need) || followers.has(need));
    if (!follows && !asked.has(key)) continue;
    if (follows) followers.add(key);
    if (states.get(key)?.state === 'running')
      throw bad(`${key} of run ${run} depends on it and is running; retry when it has ended`);
    made[key] = follows ? anew(key, actor, records) : repeated(key, actor, records);
  }
  return made;
}

/** A need is repeated, so all of the task is repeated, or skipped. */
function anew(key: string, actor: string, records: RunRecords): Again {
  const round = (records.head.again?.[key]?.round ?? 0) + 1;
  return { actor, from: records.taskOf(key).attempts.length, round };
}

/** Repeats the jobs that did not complete. An approval that was given stays valid. */
function repeated(key: string, actor: string, records: RunRecords): Again {
  const { attempts, made, approval } = records.roundOf(key);
  const { round = 0 } = records.head.again?.[key] ?? {};
  return {
    ...{ actor, from: made, round: approval?.answer === 'approved' ? round : round + 1 },
    ...(attempts.length > 0 && { asked: made + attempts.length }),
  };
}

const unfinished = (instances: readonly Instance[], states: ReadonlyMap<string, TaskState>): string[] =>
  instances.map(({ key }) => key).filter((key) => !['completed', 'skipped'].includes(states.get(key)?.state ?? ''));

function named(task: string, run: number, states: ReadonlyMap<string, TaskState>): string {
  const { state } = states.get(task) ?? {};
  if (state === undefined)
    throw bad(`run ${run} has no task ${task}; it has ${[...states.keys()].slice(0, 20).join(', ')}`);
  const why: Partial<Record<TaskState['state'], string>> = {
    completed: 'it has completed; to begin a new run with it, use: workflow run … --from',
    skipped: 'it was skipped; retry the tasks that it needs',
    delayed: 'a retry is already scheduled',
    ...{
      waiting: 'it is waiting',
      asking: 'it is waiting for approval; use: workflow approve',
      running: 'it is running',
    },
  };
  if (why[state] !== undefined) throw bad(`${task} of run ${run} cannot be retried: ${why[state]}`);
  return task;
}

const bad = (sentence: string): SignalboxError => new SignalboxError('bad_usage', sentence);
