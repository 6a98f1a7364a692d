import { type ServerEvent, SignalboxError } from '../index.ts';
import type { Output } from '../shell/output/output.ts';
import type { Tally } from '../shell/output/tally.ts';

/** What a server tells whoever started it: events while it runs, then what they come to. */
export class Report {
  private readonly output: Output;
  private readonly isOfOurs: (client: string) => boolean;
  private isEnding = false;
  private isSummarySaid = false;

  constructor(output: Output, { isOfOurs }: { isOfOurs: (client: string) => boolean }) {
    this.output = output;
    this.isOfOurs = isOfOurs;
  }

  readonly event = (event: ServerEvent): void | Promise<void> => {
    if (!this.isEnding) return this.output.event(event);
    // Nobody is shown this any more. Clients that live on keep it for the next server; our own end with this one.
    if ('client' in event && this.isOfOurs(event.client ?? '')) return;
    return Promise.reject(new SignalboxError('closed', 'the server is ending'));
  };

  /** From now on no event is told. */
  ends(): void {
    this.isEnding = true;
  }

  /** Once: what goes wrong may be that it cannot be said. */
  summary(tally: Tally, exitCode: number): void {
    if (!this.isSummarySaid) this.output.summary(tally, exitCode);
    this.isSummarySaid = true;
  }
}
