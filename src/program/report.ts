import { OthersJobs } from '../shell/others-jobs.ts';
import type { Output } from '../shell/output/output.ts';
import type { EventPump } from '../shell/output/pump.ts';
import type { Tally } from '../shell/output/tally.ts';

/** Reports of a server to the user who started it: events while it runs, then a summary. */
export class Report {
  readonly events: EventPump;
  private readonly output: Output;
  private isSummarySaid = false;

  /** @param options.showsOthers whether to show commands of others, too. */
  constructor(output: Output, events: EventPump, { showsOthers = false }: { showsOthers?: boolean } = {}) {
    this.output = output;
    this.events = events;
    if (showsOthers) {
      const others = new OthersJobs(events.own, (group) => output.others(group));
      events.listen((event) => others.event(event));
    }
  }

  /** Stops showing events. */
  ends(): void {
    this.events.end();
  }

  /** Prints the summary once: the failure may be that it cannot be printed. */
  summary(tally: Tally, exitCode: number): void {
    if (!this.isSummarySaid) this.output.summary(tally, exitCode);
    this.isSummarySaid = true;
  }
}
