import type { Outcome } from '../../schemas/index.ts';
import type { SentGroup } from '../plugin/sent.ts';

/** How a command stands at a client: how it ended there, or that it runs there, or that nothing has come back. */
export type Standing = Outcome | 'running' | 'silent';

/** What became of a command for several clients, each of which is named once. */
export interface BroadcastReport {
  readonly id: string;
  readonly command: string;
  /** How many clients it went to. */
  readonly clients: number;
  /** Their names, in the order of the targets. What there is none of is left out. */
  readonly names: Partial<Record<Standing, string[]>>;
}

/** A command for several clients, watched until it has ended on all of them. */
export class Broadcast {
  private readonly group: SentGroup;
  private readonly standings: Map<string, Standing>;

  constructor(group: SentGroup) {
    this.group = group;
    this.standings = new Map(group.jobs.map(({ client }) => [client, 'silent']));
    for (const { client, accepted, outcome } of group.jobs) {
      void accepted.then((isAccepted) => isAccepted && this.standings.set(client, 'running'));
      void outcome.then((ended) => this.standings.set(client, ended.outcome));
    }
  }

  /** As it stands now: after `SentGroup.outcomes` nobody is silent any more. */
  report(): BroadcastReport {
    const names: BroadcastReport['names'] = {};
    for (const [client, standing] of this.standings) {
      names[standing] ??= [];
      names[standing].push(client);
    }
    return { id: this.group.id, command: this.group.jobs[0]?.command ?? '', clients: this.standings.size, names };
  }
}
