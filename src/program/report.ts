import { OthersJobs } from '../shell/others-jobs.ts';
import type { Output } from '../shell/output/output.ts';
import type { EventPump } from '../shell/output/pump.ts';
import type { Tally } from '../shell/output/tally.ts';

/** What a server tells whoever started it: events while it runs, then what they come to. */
export class Report {
  readonly events: EventPump;
  private readonly output: Output;
  private isSummarySaid = false;

  /** @param options.showsOthers says also what others send. */
  constructor(output: Output, events: EventPump, { showsOthers = false }: { showsOthers?: boolean } = {}) {
    this.output = output;
    this.events = events;
    if (showsOthers) {
      const others = new OthersJobs(events.own, (group) => output.others(group));
      events.listen((event) => others.event(event));
    }
  }

  /** From now on no event is told. */
  ends(): void {
    this.events.end();
  }

  /** Once: what goes wrong may be that it cannot be said. */
  summary(tally: Tally, exitCode: number): void {
    if (!this.isSummarySaid) this.output.summary(tally, exitCode);
    this.isSummarySaid = true;
  }
}
