import { SignalboxError } from '../../schemas/index.ts';
import type { Instance } from './instances.ts';
import type { LiveRun } from './live-run.ts';
import type { LiveRuns } from './live-runs.ts';
import type { TaskState } from './plan.ts';
import type { Again } from './run-record.ts';
import type { RunRecords } from './run-records.ts';
import type { RunStore } from './run-store.ts';

interface Retry {
  /** One of its tasks; undefined: each that did not complete. */
  readonly task: string | undefined;
  /** Acts for what is sent again, and for what follows from it. */
  readonly actor: string;
}

/**
 * What did not complete in a run is done again, and what follows from it. One write, so that it is made whole or not at all.
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
    throw bad(`run ${run} was cancelled; workflow retry ${run} goes on with all of it`);
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
    throw bad(`run ${run} goes on; workflow retry ${run}/TASK repeats one of its tasks that has ended`);
  const { task, actor } = retry;
  await live.change(async (records) => {
    if (live.head.cancelled) throw bad(`run ${run} is being cancelled; retry it when it has ended`);
    await records.writeHead({ ...records.head, again: againOf(live, records, retry) });
    live.news.started(actor, task);
  });
  return live;
}

/** What is to be stored of the tasks that are done again, and of those that follow from them. */
function againOf(live: LiveRun, records: RunRecords, { task, actor }: Retry): Record<string, Again> {
  const { instances } = live.workflow;
  const { states } = live.plan();
  const { run, again = {} } = records.head;
  const asked = new Set(task === undefined ? unfinished(instances, states) : [named(task, run, states)]);
  if (asked.size === 0) throw bad(`run ${run} has completed: there is nothing to retry`);
  const made: Record<string, Again> = { ...again };
  const followers = new Set<string>();
  for (const { key, needs } of instances) {
    const follows = needs.some((need) => asked.has(need) || followers.has(need));
    if (!follows && !asked.has(key)) continue;
    if (follows) followers.add(key);
    if (states.get(key)?.state === 'running')
      throw bad(`${key} of run ${run} follows from it, and runs; retry it when that has ended`);
    made[key] = follows ? anew(key, actor, records) : repeated(key, actor, records);
  }
  return made;
}

/** What it needs is done again: so is all of it, or it is skipped. */
function anew(key: string, actor: string, records: RunRecords): Again {
  const round = (records.head.again?.[key]?.round ?? 0) + 1;
  return { actor, from: records.taskOf(key).attempts.length, round };
}

/** Its jobs that did not complete are done again; a question that was answered with yes is not asked again. */
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
    completed: 'it has completed; workflow run … --from begins a run with it',
    skipped: 'it was skipped: retry what it needs',
    delayed: 'it has a retry of its own',
    ...{ waiting: 'it waits', asking: 'it asks: workflow approve answers', running: 'it runs' },
  };
  if (why[state] !== undefined) throw bad(`${task} of run ${run} cannot be retried: ${why[state]}`);
  return task;
}

const bad = (sentence: string): SignalboxError => new SignalboxError('bad_usage', sentence);
