import type { Outcome } from '../../schemas/index.ts';
import type { TaskDefinition } from '../../src/workflow/definition.ts';
import type { Answer } from './scripted-jobs.ts';

/** A task, and the results of its attempts: by their number; the last one counts for all later ones. */
export interface Fate {
  readonly needs: readonly number[];
  readonly when: TaskDefinition['when'];
  readonly retries: number;
  readonly backoff: number;
  readonly retryLost: boolean;
  /** By client. */
  readonly ends: readonly (readonly Outcome[])[];
  readonly answers: readonly Answer[];
  /** Whether its question is answered with yes, by the number of the question; empty: it asks nothing. */
  readonly approvals: readonly boolean[];
}

/** An operator has retried a task, or one that it needs: what the task had done until then. */
export interface Asked {
  /** A task that it needs is repeated: nothing earlier counts. */
  readonly isFresh: boolean;
  readonly attempts: number;
  readonly answers: number;
}

export const at = <Value>(list: readonly Value[], place: number, missing: Value): Value =>
  list[Math.min(place, list.length - 1)] ?? missing;

/** The workflow of these tasks, `t0` and so on, each with the outcomes of its needs as an argument. */
export const textOf = (fates: readonly Fate[]): string =>
  JSON.stringify({ tasks: Object.fromEntries(fates.map((one, index) => [`t${index}`, taskOf(one)])) });

function taskOf({ needs, when, retries, backoff, retryLost, ends, approvals }: Fate) {
  const clients = ends.map((_, client) => `w${client}`).join(',');
  const values = needs.map((need) => `\${t${need}.outcome}`).join(' ');
  return {
    ...{ do: `@${clients} calculate 1 '${values || 'none'}'`, when, retries, retryLost, backoff: `${backoff}ms` },
    needs: needs.map((need) => `t${need}`),
    ...(approvals.length > 0 && { approve: 'Really?' }),
  };
}

/** The result of each task, computed for each client alone: the model has neither time nor order. */
export function endsOf(fates: readonly Fate[], askedOf: (task: number) => readonly Asked[]): string[] {
  const made: string[] = [];
  const isFailure: boolean[] = [];
  for (const [index, fate] of fates.entries()) {
    const needs = fate.needs.map((need) => made[need] ?? '');
    const hasFailure = fate.needs.some((need) => isFailure[need]);
    const isDue =
      fate.when === 'always' || (fate.when === 'failed' ? hasFailure : needs.every((need) => need === 'completed'));
    made[index] = isDue ? endOf(fate, askedOf(index)) : 'skipped';
    isFailure[index] = isDue ? made[index] !== 'completed' : hasFailure && fate.when === 'completed';
  }
  return made;
}

function endOf(fate: Fate, asked: readonly Asked[]): string {
  const fresh = asked.findLastIndex(({ isFresh }) => isFresh);
  const first = asked[fresh] ?? { isFresh: true, attempts: 0, answers: 0 };
  const task = new ModelledTask(fate);
  task.begin(first);
  for (const again of asked.slice(fresh + 1)) task.begin(again);
  return task.outcome;
}

class ModelledTask {
  private readonly fate: Fate;
  private readonly outcomes: string[];
  private isRefused = false;
  private isApproved = false;

  constructor(fate: Fate) {
    this.fate = fate;
    this.outcomes = fate.ends.map(() => 'none');
  }

  get outcome(): string {
    if (this.isRefused) return 'cancelled';
    const order = ['lost', 'rejected', 'failed', 'expired', 'cancelled'];
    return order.find((one) => this.outcomes.includes(one)) ?? 'completed';
  }

  begin({ attempts, answers }: Asked): void {
    const { approvals, ends } = this.fate;
    this.isApproved ||= approvals.length === 0 || at(approvals, answers, true);
    this.isRefused = !this.isApproved;
    if (this.isRefused) return;
    let due = ends.map((_, client) => client).filter((client) => this.outcomes[client] !== 'completed');
    for (let tried = 0; tried <= this.fate.retries && due.length > 0; tried += 1) {
      const answer = at(this.fate.answers, attempts + tried, 'sent');
      for (const client of due) {
        this.outcomes[client] =
          answer === 'sent'
            ? at(ends[client] ?? [], attempts + tried, 'completed')
            : { nobody: 'rejected', refused: 'failed' }[answer];
      }
      if (answer === 'refused') return;
      due = due.filter((client) => this.isRepeated(this.outcomes[client] ?? ''));
    }
  }

  private isRepeated(outcome: string): boolean {
    return ['failed', 'rejected', 'expired', ...(this.fate.retryLost ? ['lost'] : [])].includes(outcome);
  }
}
