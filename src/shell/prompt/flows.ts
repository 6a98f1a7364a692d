import type { JobService } from '../../plugin/job-service.ts';
import type { ScheduleView } from '../../plugin/schedule-calls.ts';
import type { ResponseOf, RunView } from '../../plugin/workflow-calls.ts';
import { ask } from '../workflow/ask.ts';
import { listSchedules } from '../workflow/ask-schedule.ts';

/** Number of newest runs known to completion. */
export const maxRuns = 100;
/** Number of newest runs whose tasks are queried, for questions and retries. */
const maxShown = 20;

/** A run, as far as completion needs it. */
export interface KnownRun extends Pick<RunView, 'run' | 'workflow' | 'state'> {
  /** Questions of tasks that wait for an answer, by task. */
  readonly questions: ReadonlyMap<string, string>;
  /** States of tasks that ended without completing, by task. */
  readonly failed: ReadonlyMap<string, string>;
}

/** Workflow data for completion. */
export interface Flows {
  readonly workflows: ResponseOf<'list'>['workflows'];
  readonly schedules: readonly Pick<ScheduleView, 'schedule' | 'when'>[];
  /** Oldest first. */
  readonly runs: readonly KnownRun[];
}

export const noFlows: Flows = { workflows: [], schedules: [], runs: [] };

const untold: ReadonlySet<string> = new Set(['waiting', 'asking', 'delayed', 'running', 'skipped', 'completed']);

/** Whether a task in this state can be retried. */
export const hasFailed = (state: string): boolean => !untold.has(state);

/** Queries the workflow data of a server. */
export async function askFlows(service: JobService): Promise<Flows> {
  const [{ workflows, runs }, schedules] = await Promise.all([
    ask(service, 'list', { limit: maxRuns }),
    listSchedules(service),
  ]);
  const open = runs.filter(({ state }) => state !== 'completed').slice(0, maxShown);
  const shown = await Promise.all(open.map(({ run }) => ask(service, 'show', { run })));
  const tasks = new Map(shown.map((one) => [one.run, one.tasks]));
  const known = runs.toReversed().map(({ run, workflow, state }): KnownRun => {
    const own = tasks.get(run) ?? [];
    const questions = own.flatMap((one) => (one.state === 'asking' ? ([[one.task, one.question ?? '']] as const) : []));
    const failed = own.flatMap((one) => (hasFailed(one.state) ? ([[one.task, one.state]] as const) : []));
    return { run, workflow, state, questions: new Map(questions), failed: new Map(failed) };
  });
  return { workflows, schedules, runs: known };
}
