import { isPlaceName } from '../place-name.ts';
import type { Attempt } from './attempts.ts';
import type { Instance } from './instances.ts';
import type { Progress } from './plan.ts';
import type { StoredAttempt, TaskRecord } from './run-record.ts';
import type { Round } from './run-records.ts';
import type { JobEnd } from './take-up.ts';

/** Ends of the jobs of an active attempt so far, by client or place. */
export type Ends = ReadonlyMap<string, JobEnd>;

/** The state of a task for the planner. */
export function progressOf({ attempts, made, asked, approval, stopReason }: Round, ends: Ends | undefined): Progress {
  return {
    made,
    attempts: attempts.map((attempt, index) => attemptOf(attempt, index === attempts.length - 1 ? ends : undefined)),
    ...(approval && { approval: approval.answer }),
    ...(asked !== undefined && { asked }),
    ...(stopReason !== undefined && { isStopped: true }),
  };
}

function attemptOf({ sent, unsent, ended, isAsked, atMs }: StoredAttempt, ends: Ends | undefined): Attempt {
  const asked = isAsked ? { isAsked } : {};
  if (unsent) return { jobs: [], unsent, endedAtMs: atMs, ...asked };
  const jobs = (sent?.clients ?? []).map((client, place) => {
    const outcome = ended?.outcomes[place] ?? ends?.get(client)?.outcome;
    return { client: isPlaceName(client) ? undefined : client, ...(outcome && { outcome }) };
  });
  return { jobs, ...(ended && { endedAtMs: ended.atMs }), ...asked };
}

/** The end to record for the last attempt; undefined while it is active, or if its end is recorded. */
export function endOf({ attempts }: TaskRecord, ends: Ends = new Map()): StoredAttempt | undefined {
  const last = attempts.at(-1);
  if (!last?.sent || last.ended) return undefined;
  const all = last.sent.clients.map((client) => ends.get(client));
  const known = all.filter((end) => end !== undefined);
  if (known.length < all.length) return undefined;
  const worst = known.find(({ outcome }) => outcome !== 'completed');
  const clients = last.sent.clients.map((client) => ends.get(client)?.client ?? client);
  return {
    ...last,
    sent: { ...last.sent, clients },
    ended: {
      atMs: Math.max(...known.map(({ atMs }) => atMs)),
      outcomes: known.map(({ outcome }) => outcome),
      ...(worst?.error !== undefined && { error: worst.error }),
    },
  };
}

/** All instances except some tasks and the ones that follow from them. @returns their keys. */
export function passedBy(instances: readonly Instance[], from: readonly string[]): Set<string> {
  const wanted = new Set<string>();
  const passed = new Set<string>();
  for (const { key, task, needs } of instances) {
    if (from.includes(task) || needs.some((need) => wanted.has(need))) wanted.add(key);
    else passed.add(key);
  }
  return passed;
}
