import { cutText } from '../../schemas/cut-text.ts';
import type { FailedTask, Unstamped } from '../jobs/events.ts';
import type { Instance } from './instances.ts';
import type { Plan, TaskState } from './plan.ts';
import type { Head } from './run-record.ts';
import type { Round } from './run-records.ts';

/** An event of a run, without sequence number and time. */
export type WorkflowNews = Extract<Unstamped, { readonly type: `workflow.${string}` }>;

interface Known {
  readonly head: Head;
  readonly instances: readonly Instance[];
  roundOf(task: string): Round;
}

/** How many failed tasks an event names. */
const maxFailed = 10;
/** Limit of the error of each of them; the event of the task has the whole error. */
const maxErrorBytes = 1_000;

/** Reports changes of the tasks of a run, each change once in this process. */
export class RunNews {
  private readonly tell: (event: WorkflowNews) => void;
  private readonly run: Known;
  private told = new Map<string, string>();

  constructor(run: Known, tell: (event: WorkflowNews) => void) {
    this.run = run;
    this.tell = tell;
  }

  /** Treats the current state as reported, because an earlier process has reported it, except tasks that are still to be sent. */
  begin({ states, submissions }: Pick<Plan, 'states' | 'submissions'>): void {
    const due = new Set(submissions.map(({ instance }) => instance.key));
    const before = this.run.instances.filter(({ key }) => !due.has(key));
    this.told = new Map(before.map(({ key }) => [key, this.wordsOf(key, states)]));
  }

  /** @param task retried; absent if all is. */
  started(actor: string, task?: string): void {
    const { run, workflow } = this.run.head;
    this.tell({ type: 'workflow.started', run, workflow, ...(task !== undefined && { task }), actor });
  }

  answered(task: string, answer: 'approved' | 'refused', actor: string): void {
    const { run, workflow } = this.run.head;
    this.tell({ type: 'workflow.answered', run, workflow, task, answer, actor });
  }

  planned({ states }: Pick<Plan, 'states'>): void {
    const { run, workflow } = this.run.head;
    for (const { key: task, definition } of this.run.instances) {
      const words = this.wordsOf(task, states);
      if (this.told.get(task) === words) continue;
      this.told.set(task, words);
      const { state = 'waiting' } = states.get(task) ?? {};
      const { attempts } = this.run.roundOf(task);
      const last = attempts.at(-1);
      // It was planned, but could not be sent. The next plan reports it.
      if (state === 'waiting' || (state === 'running' && last?.unsent)) continue;
      if (state === 'asking') {
        this.tell({ type: 'workflow.asked', run, workflow, task, question: definition.approve ?? '' });
        continue;
      }
      const error = state === 'running' ? undefined : this.errorOf(task, state);
      this.tell({
        ...{ type: 'workflow.task', run, workflow, task, state },
        ...(last?.sent && { number: last.sent.number }),
        ...(error !== undefined && { error }),
      });
    }
  }

  ended(outcome: NonNullable<Head['end']>['outcome'], { states }: Pick<Plan, 'states'>): void {
    const { run, workflow, cancelled } = this.run.head;
    const failed = outcome === 'failed' ? this.failedOf(states) : [];
    this.tell({
      ...{ type: 'workflow.ended', run, workflow, outcome },
      ...(failed.length > 0 && { failed: failed.slice(0, maxFailed) }),
      ...(failed.length > maxFailed && { moreFailed: failed.length - maxFailed }),
      ...(cancelled && { actor: cancelled.actor }),
    });
  }

  private failedOf(states: Plan['states']): FailedTask[] {
    return this.run.instances.flatMap(({ key: task }) => {
      const { state = 'waiting' } = states.get(task) ?? {};
      if (state === 'completed' || state === 'skipped') return [];
      const error = this.errorOf(task, state);
      return [{ task, state, ...(error !== undefined && { error: cutText(error, maxErrorBytes) }) }];
    });
  }

  private errorOf(task: string, state: TaskState['state']): string | undefined {
    const { attempts, stopReason } = this.run.roundOf(task);
    const last = attempts.at(-1);
    return last?.unsent?.error ?? last?.ended?.error ?? (state === 'cancelled' ? stopReason : undefined);
  }

  private wordsOf(task: string, states: Plan['states']): string {
    const { made, attempts } = this.run.roundOf(task);
    return `${states.get(task)?.state} ${made + attempts.length}`;
  }
}
