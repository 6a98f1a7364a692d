import type { Outcome } from '../../../schemas/index.ts';
import type { StoredJobFilter, StoredSubmission } from '../stored-job.ts';

/** The properties that a filter can select. */
interface Matched {
  readonly submission: Pick<StoredSubmission, 'number' | 'id' | 'command' | 'kind' | 'actor'> & {
    readonly submittedAtMs: number | undefined;
  };
  readonly client: string;
  readonly settlement: { readonly outcome: Outcome } | undefined;
}

export function matches({ submission, client, settlement }: Matched, filter: StoredJobFilter): boolean {
  if (filter.outcomes && !(settlement && filter.outcomes.includes(settlement.outcome))) return false;
  if (filter.unsettled && settlement) return false;
  return (
    isOr(filter.number, submission.number) &&
    isOr(filter.client, client) &&
    isOr(filter.command, submission.command) &&
    isOr(filter.actor, submission.actor) &&
    isOr(filter.kind, submission.kind) &&
    (filter.id === undefined || filter.id === submission.id) &&
    (submission.submittedAtMs ?? 0) >= (filter.sinceMs ?? 0)
  );
}

const isOr = <Value>(wanted: Value | undefined, value: Value): boolean => wanted === undefined || wanted === value;
