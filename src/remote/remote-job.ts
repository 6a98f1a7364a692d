import type { JobEvent } from '../jobs/events.ts';
import type { Settlement } from '../jobs/settlement.ts';
import { QueuedReader } from '../plugin/event-reader.ts';
import type { JobHandle, JobOutcome } from '../plugin/job-group.ts';
import type { JobKey } from '../plugin/job-service.ts';
import { outcomeOf } from '../plugin/outcome-of.ts';

interface JobFacts extends JobKey {
  readonly number: number;
  readonly command: string;
  readonly standing: boolean;
  readonly mayLoseOutput: boolean;
}

/** A handle of a job on a server in another process. The owner passes its events in. */
export class RemoteJob implements JobHandle {
  readonly id: string;
  readonly number: number;
  client: string | null;
  readonly place: number | undefined;
  readonly command: string;
  readonly standing: true | undefined;
  readonly mayLoseOutput: true | undefined;
  private readonly acceptedGate = Promise.withResolvers<boolean>();
  private readonly outcomeGate = Promise.withResolvers<JobOutcome>();
  private readonly readers = new Set<QueuedReader<JobEvent>>();
  private readonly askToCancel: (jobs: readonly JobKey[]) => Promise<void>;
  private last: JobEvent | undefined;
  isSettled = false;
  private isLost = false;

  constructor(facts: JobFacts, askToCancel: (jobs: readonly JobKey[]) => Promise<void>) {
    this.id = facts.id;
    this.number = facts.number;
    this.client = facts.client;
    this.place = facts.place;
    this.command = facts.command;
    this.standing = facts.standing || undefined;
    this.mayLoseOutput = facts.mayLoseOutput || undefined;
    this.askToCancel = askToCancel;
  }

  get accepted(): Promise<boolean> {
    return this.acceptedGate.promise;
  }

  get outcome(): Promise<JobOutcome> {
    return this.outcomeGate.promise;
  }

  get events(): AsyncIterable<JobEvent> {
    return { [Symbol.asyncIterator]: () => this.read() };
  }

  async cancel(): Promise<void> {
    if (!this.isSettled || this.isLost) await this.askToCancel([this]);
  }

  /** Called when a place may have its client. */
  placed(client: string | null): void {
    this.client ??= client;
  }

  event(event: JobEvent): void {
    if (this.isSettled) return;
    this.placed(event.client);
    if (event.type === 'job.accepted') this.acceptedGate.resolve(true);
    for (const reader of this.readers) reader.offer(event, () => {});
    if (event.type === 'job.settled') this.settle(event, event);
  }

  /** Settles it with a state that was queried, without an event. */
  settle(settlement: Settlement, event?: JobEvent): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.isLost = settlement.outcome === 'lost';
    this.last = event;
    this.acceptedGate.resolve(false);
    this.outcomeGate.resolve(outcomeOf(this, settlement));
    for (const reader of this.readers) reader.end();
  }

  accept(): void {
    this.acceptedGate.resolve(true);
  }

  private read(): AsyncIterator<JobEvent> {
    const reader = new QueuedReader<JobEvent>(() => this.readers.delete(reader));
    this.readers.add(reader);
    if (this.last) reader.offer(this.last, () => {});
    if (this.isSettled) reader.end();
    return reader;
  }
}
