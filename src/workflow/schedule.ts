import type { Trigger } from './definition.ts';
import { jitterOf, type Times } from './times.ts';

/** A run that starts within this time after its planned time is on time: a busy server does not count as absent. */
const onTimeMs = 30_000;
/** Maximum number of skipped times that are listed individually. Beyond that they are combined. */
export const maxNamed = 100;
/** Maximum number of skipped times of a pattern that are counted, because each takes time. */
const maxCounted = 1_000;
/** Maximum number of decisions per call. The next call continues at once. */
const maxDecided = 200;

export interface ScheduleState {
  /** Identifies it in its runs: the same time of the same schedule is the same run. */
  readonly name: string;
  readonly trigger: Pick<Trigger, 'overlap' | 'catchUp' | 'jitter'>;
  readonly times: Times;
  /** All times up to this one are decided. When a schedule is loaded, edited or resumed, that is the present. */
  readonly decidedMs: number;
  readonly isPaused: boolean;
  /** Number of its active runs. */
  readonly running: number;
  /** How many of these belong to a backfill. A time that comes meanwhile waits for them. */
  readonly backfilling: number;
  /** Whether a run waits for these. */
  readonly isQueued: boolean;
}

/** Why a run did not happen. */
export type WhyNot = 'overlap' | 'paused' | 'missed';

/** The decision about a planned time. `replace`: the active runs are cancelled, then it starts. */
export type Decision =
  | { readonly action: 'run' | 'queue' | 'replace'; readonly plannedMs: number }
  | { readonly action: 'skip'; readonly plannedMs: number; readonly reason: WhyNot }
  /** Further skipped times, combined, from the first to the last. */
  | {
      readonly action: 'skip-many';
      readonly count: number;
      /** True if there are more than `count`. */
      readonly isMore?: true;
      readonly plannedMs: number;
      readonly lastMs: number;
      readonly reason: WhyNot;
    };

export interface Decided {
  readonly decisions: readonly Decision[];
  /** For the next call. */
  readonly decidedMs: number;
  /** When to decide again; undefined if no times are left. */
  readonly nextMs: number | undefined;
}

/** Decides all planned times that are due. If the clock was set back, nothing is decided twice. */
export function decide(state: ScheduleState, nowMs: number): Decided {
  const { name, trigger, times, isPaused } = state;
  const { catchUp, jitter } = trigger;
  const startOf = (plannedMs: number) => plannedMs + jitterOf(name, plannedMs, jitter);
  const tooLateMs = nowMs - jitter - Math.max(catchUp, onTimeMs);
  const passed = isPaused ? pass(state, nowMs, 'paused') : pass(state, tooLateMs - 1, 'missed');
  const decisions = [...passed.decisions];
  let { running, isQueued } = state;
  let { decidedMs } = passed;
  let next = times.after(decidedMs);
  while (!isPaused && next !== undefined && startOf(next) <= nowMs && decisions.length < maxDecided) {
    const decision = decideOne(next, { ...state, running, isQueued }, nowMs - startOf(next));
    if (decision.action === 'queue') isQueued = true;
    else if (decision.action === 'replace') [running, isQueued] = [1, false];
    else if (decision.action === 'run') running += 1;
    decisions.push(decision);
    decidedMs = next;
    next = times.after(next);
  }
  return { decisions, decidedMs, nextMs: next === undefined ? undefined : startOf(next) };
}

function decideOne(
  plannedMs: number,
  { trigger, running, backfilling, isQueued }: ScheduleState,
  lateMs: number,
): Decision {
  const { overlap, catchUp } = trigger;
  if (lateMs > Math.max(catchUp, onTimeMs)) return { action: 'skip', plannedMs, reason: 'missed' };
  if (running === 0 || overlap === 'allow') return { action: 'run', plannedMs };
  const isBehindBackfill = backfilling === running;
  if ((overlap === 'queue' || isBehindBackfill) && !isQueued) return { action: 'queue', plannedMs };
  if (overlap === 'replace' && !isBehindBackfill) return { action: 'replace', plannedMs };
  return { action: 'skip', plannedMs, reason: 'overlap' };
}

/** The times up to one at which no run starts. */
function pass(
  { times, decidedMs }: ScheduleState,
  untilMs: number,
  reason: WhyNot,
): { decisions: Decision[]; decidedMs: number } {
  const named: number[] = [];
  let next = times.after(decidedMs);
  for (; next !== undefined && next <= untilMs && named.length <= maxNamed; next = times.after(next)) named.push(next);
  const [plannedMs] = named;
  if (plannedMs === undefined) return { decisions: [], decidedMs };
  if (named.length <= maxNamed) {
    const decisions = named.map((one): Decision => ({ action: 'skip', plannedMs: one, reason }));
    return { decisions, decidedMs: named.at(-1) ?? decidedMs };
  }
  const many = { action: 'skip-many' as const, plannedMs, reason };
  if (times.between) {
    const counted = times.between(decidedMs, untilMs);
    return { decisions: [{ ...many, ...counted }], decidedMs: counted.lastMs };
  }
  let count = named.length;
  let lastMs = named.at(-1) ?? plannedMs;
  for (; next !== undefined && next <= untilMs && count < maxCounted; next = times.after(next)) {
    lastMs = next;
    count += 1;
  }
  const isMore = next !== undefined && next <= untilMs;
  const decision: Decision = isMore ? { ...many, count, isMore, lastMs: untilMs } : { ...many, count, lastMs };
  return { decisions: [decision], decidedMs: isMore ? untilMs : lastMs };
}

/** The next times for which a run is planned. */
export function nextTimes(times: Times, afterMs: number, count: number): number[] {
  const found: number[] = [];
  for (let next = times.after(afterMs); next !== undefined && found.length < count; next = times.after(next)) {
    found.push(next);
  }
  return found;
}
