import { SignalboxError } from '../../schemas/index.ts';
import type { ScheduleResponse } from '../plugin/schedule-calls.ts';
import type { LiveSchedule } from './live-schedule.ts';
import type { Runner } from './runner.ts';
import { backfillNews } from './schedule-news.ts';
import { backfillsAtOnce } from './schedule-turn.ts';
import { plannedBetween } from './schedules.ts';

/**
 * Starts the runs of the planned times between two that have had none, for whoever asks: one after the other, or some at
 * a time where runs may overlap. What has not started goes on in the next process.
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
      const how = `schedule cancel ${schedule.name} ends it`;
      throw new SignalboxError('bad_usage', `${goesOn} times of ${schedule.name} are still to be made up for; ${how}`);
    }
    // What has come until now is not decided twice.
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
