import { SignalboxError } from '../../schemas/index.ts';
import type { ScheduleResponse } from '../plugin/schedule-calls.ts';
import type { LiveSchedule } from './live-schedule.ts';
import type { Runner } from './runner.ts';
import { backfillNews } from './schedule-news.ts';
import { backfillsAtOnce } from './schedule-turn.ts';
import { plannedBetween } from './schedules.ts';

/**
 * Starts runs, for the caller, for the planned times in a range that had none: one after the other, or several at a
 * time if runs may overlap. The next process continues with those that have not started.
 * @throws SignalboxError `bad_usage`
 */
export async function backfill(
  live: LiveSchedule,
  { actor, ...span }: { readonly actor: string; readonly fromMs: number; readonly toMs: number },
  runner: Runner,
): Promise<ScheduleResponse<'run'>> {
  return await live.inTurn(async (turn) => {
    const { schedule } = turn;
    const goesOn = turn.state.backfill?.leftMs.length;
    if (goesOn !== undefined) {
      const how = `to end it, use: schedule cancel ${schedule.name}`;
      throw new SignalboxError('bad_usage', `the backfill of ${schedule.name} has ${goesOn} times left; ${how}`);
    }
    // Decide the times up to now first, so that none of them is decided twice.
    await turn.decideTimes(Date.now());
    const leftMs: number[] = [];
    for (const plannedMs of plannedBetween(schedule, { ...span, nowMs: Date.now() })) {
      if (plannedMs === turn.state.queuedMs) continue;
      if ((await runner.planned(schedule.name, plannedMs)) === undefined) leftMs.push(plannedMs);
    }
    const atOnce = backfillsAtOnce(schedule);
    if (leftMs.length === 0) return { runs: [], left: 0, atOnce };
    turn.state = { ...turn.state, backfill: { actor, leftMs } };
    turn.news.push(backfillNews(schedule, { ...span, count: leftMs.length, actor }));
    const before = turn.news.length;
    await turn.go();
    const runs = turn.news.slice(before).flatMap((one) => (one.type === 'schedule.started' ? [one.run] : []));
    return { runs, left: turn.state.backfill?.leftMs.length ?? 0, atOnce };
  });
}
