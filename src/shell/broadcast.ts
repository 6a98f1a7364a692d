import type { Outcome } from '../../schemas/index.ts';
import { clientText, keyText } from '../place-name.ts';
import type { JobOutcome } from '../plugin/job-group.ts';
import type { SentGroup } from '../plugin/sent.ts';

/** State of a command at a client: its outcome, running, silent before any answer, or never sent because its batch was stopped. */
export type Standing = Outcome | 'running' | 'silent' | 'unsent';

/** Whether the job was cancelled because its batch was stopped before it was sent. */
export const isUnsent = (ended: JobOutcome): boolean =>
  ended.outcome === 'cancelled' && ended.error.code === 'not_sent';

/** Report on a command for several clients; each client is named once. */
export interface BroadcastReport {
  readonly id: string;
  readonly number: number;
  readonly command: string;
  /** Number of clients that the command was sent to. */
  readonly clients: number;
  /** Client names by state, in the order of the targets; `#1` for a place without a client. Empty states are absent. */
  readonly names: Partial<Record<Standing, string[]>>;
}

/** Watches a command for several clients until it has ended on all of them. */
export class Broadcast {
  private readonly group: SentGroup;
  private readonly standings: Map<string, Standing>;

  constructor(group: SentGroup) {
    this.group = group;
    this.standings = new Map(group.jobs.map((job) => [keyText(job), 'silent']));
    for (const job of group.jobs) {
      const key = keyText(job);
      void job.accepted.then((isAccepted) => isAccepted && this.standings.set(key, 'running'));
      void job.outcome.then((ended) => this.standings.set(key, isUnsent(ended) ? 'unsent' : ended.outcome));
    }
  }

  /** Reports the current state: after `SentGroup.outcomes` no client is silent. */
  report(): BroadcastReport {
    const names: BroadcastReport['names'] = {};
    const { id, number, jobs } = this.group;
    for (const job of jobs) {
      const standing = this.standings.get(keyText(job)) ?? 'silent';
      names[standing] ??= [];
      names[standing].push(clientText(job));
    }
    return { id, number, command: jobs[0]?.command ?? '', clients: this.standings.size, names };
  }
}
