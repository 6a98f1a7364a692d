import { SignalboxError } from '../../schemas/index.ts';
import { nearest } from '../nearest.ts';
import type { Trigger } from './definition.ts';
import type { KnownWorkflow } from './folder-files.ts';
import { checkedTimesOf, type Times } from './times.ts';

/** Maximum number of planned times of one `schedule run --from --to`. */
const maxBackfill = 1_000;

/** A trigger of a workflow in the folder. */
export interface Schedule {
  readonly name: string;
  readonly workflow: KnownWorkflow;
  readonly trigger: Trigger;
  /** Undefined if changes of clients start it. */
  readonly times: Times | undefined;
}

/** Cached, because parsing a pattern takes time. */
const made = new WeakMap<KnownWorkflow, readonly Schedule[]>();

/** The schedules of workflows. `nightly/1` is the first trigger of nightly. */
export function schedulesOf(workflows: readonly KnownWorkflow[]): Schedule[] {
  return workflows.flatMap((workflow) => {
    const schedules = made.get(workflow) ?? workflow.triggers.map((trigger, at) => scheduleOf(workflow, trigger, at));
    made.set(workflow, schedules);
    return schedules;
  });
}

const scheduleOf = (workflow: KnownWorkflow, trigger: Trigger, at: number): Schedule => ({
  ...{ name: `${workflow.name}/${at + 1}`, workflow, trigger, times: checkedTimesOf(trigger) },
});

/**
 * Finds a schedule by its name, or by the name of a workflow that has only one. @throws SignalboxError `bad_usage`,
 * with the nearest name.
 */
export function findSchedule(all: readonly Schedule[], name: string): Schedule {
  const ofWorkflow = all.filter(({ workflow }) => workflow.name === name);
  const found = all.find((one) => one.name === name) ?? (ofWorkflow.length === 1 ? ofWorkflow[0] : undefined);
  if (found) return found;
  const names = all.map((one) => one.name);
  const meant = nearest(name, names);
  const hint = meant === undefined ? `known: ${names.slice(0, 20).join(', ') || 'none'}` : `did you mean ${meant}?`;
  throw new SignalboxError('bad_usage', `there is no schedule ${name}; ${hint}`);
}

/**
 * @throws SignalboxError `bad_usage` if there are too many, if the schedule has no planned times, or if some are in the
 * future.
 */
export function plannedBetween(
  { name, times }: Schedule,
  { fromMs, toMs, nowMs }: { readonly fromMs: number; readonly toMs: number; readonly nowMs: number },
): number[] {
  if (!times) throw new SignalboxError('bad_usage', `${name} has no planned times`);
  if (toMs > nowMs) throw new SignalboxError('bad_usage', '--to is in the future; those runs start by themselves');
  if (fromMs > toMs) throw new SignalboxError('bad_usage', '--from is later than --to');
  const planned: number[] = [];
  for (let next = times.after(fromMs - 1); next !== undefined && next <= toMs; next = times.after(next)) {
    planned.push(next);
    if (planned.length > maxBackfill) {
      throw new SignalboxError('bad_usage', `${name} has more than ${maxBackfill} planned times in this range`);
    }
  }
  return planned;
}

export function whenOf({ cron, every, at = [], client, matching, timeZone }: Trigger): string {
  if (client !== undefined) return `client ${client}${matching === undefined ? '' : ` @${matching}`}`;
  const zone = timeZone === 'UTC' ? '' : ` ${timeZone}`;
  if (cron !== undefined) return `${cron}${zone}`;
  return every === undefined ? `at ${at.join(', ')}${zone}` : `every ${every / 1_000} s`;
}
