import type { StoredJob, StoredJobFilter } from '../stored-job.ts';

export function matches({ submission, client, settlement }: StoredJob, filter: StoredJobFilter): boolean {
  if (filter.outcomes && !(settlement && filter.outcomes.includes(settlement.outcome))) return false;
  if (filter.unsettled && settlement) return false;
  return (
    isOr(filter.client, client) &&
    isOr(filter.command, submission.command) &&
    isOr(filter.actor, submission.actor) &&
    isOr(filter.kind, submission.kind) &&
    isOr(filter.number, submission.number) &&
    submission.submittedAtMs >= (filter.sinceMs ?? 0)
  );
}

const isOr = <Value>(wanted: Value | undefined, value: Value): boolean => wanted === undefined || wanted === value;
