import type { Unstamped } from '../jobs/events.ts';
import type { StoredDecision } from '../plugin/schedule-calls.ts';
import { nextTimes } from './schedule.ts';
import { type Schedule, whenOf } from './schedules.ts';

export type ScheduleNews = Extract<Unstamped, { readonly type: `schedule.${string}` }>;

export const nextShown = 5;

const refOf = ({ name, workflow }: Schedule) => ({ schedule: name, workflow: workflow.name });

export function loadedNews(schedule: Schedule, nowMs: number, isChanged: boolean): ScheduleNews {
  const { times, trigger } = schedule;
  const nextMs = times ? nextTimes(times, nowMs, nextShown) : [];
  return {
    ...{ type: 'schedule.loaded', ...refOf(schedule), when: whenOf(trigger), nextMs },
    ...(isChanged && { isChanged }),
  };
}

export const removedNews = (schedule: Schedule): ScheduleNews => ({ type: 'schedule.removed', ...refOf(schedule) });

export const pauseNews = (schedule: Schedule, type: 'schedule.paused' | 'schedule.resumed', actor: string) => ({
  ...{ type, ...refOf(schedule), actor },
});

export const backfillNews = (
  schedule: Schedule,
  { actor, ...span }: { fromMs: number; toMs: number; count: number; actor: string },
): ScheduleNews => ({ type: 'schedule.backfill', ...refOf(schedule), ...span, actor });

/** The decision about a planned time. */
export function decisionNews(schedule: Schedule, decision: StoredDecision, actor?: string): ScheduleNews {
  const { action, plannedMs, client, reason = '', run, count, lastMs, isMore, isBackfill } = decision;
  const about = {
    ...{ ...refOf(schedule), plannedMs },
    ...(client !== undefined && { client }),
    ...(isBackfill && { isBackfill }),
    ...(actor !== undefined && { actor }),
  };
  if (action === 'run') return { type: 'schedule.started', ...about, run: run ?? 0 };
  if (action === 'queue') return { type: 'schedule.waiting', ...about };
  if (action === 'replace') return { type: 'schedule.waiting', ...about, isReplacing: true };
  return {
    ...{ type: 'schedule.skipped', ...about, reason },
    ...(count !== undefined && { count }),
    ...(lastMs !== undefined && { lastMs }),
    ...(isMore && { isMore }),
  };
}
