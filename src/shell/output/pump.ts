import { SignalboxError } from '../../../schemas/index.ts';
import type { EventReader, JobService } from '../../plugin/job-service.ts';
import type { Event } from '../../plugin/observer.ts';
import type { Output } from './output.ts';

/**
 * Hands every event of a service to the output, and then to who listens: what hears of an event finds it written, or on
 * its way. Its client may forget what an event is about when it has been written, and keeps it where that fails.
 *
 * After `end` nobody is shown anything. Clients that live on keep what comes then for the next server; our own end with
 * this one.
 */
export class EventPump {
  /** Resolves when no more events come. */
  readonly over: Promise<void>;
  private readonly reader: EventReader;
  private readonly output: Pick<Output, 'event' | 'error'>;
  private readonly isOfOurs: (client: string) => boolean;
  private readonly listeners = new Set<(event: Event) => void>();
  private isEnding = false;

  /** To be made in the turn in which there is a server: what happens before that is told to nobody. */
  constructor(
    service: Pick<JobService, 'watch'>,
    output: Pick<Output, 'event' | 'error'>,
    { isOfOurs = () => false }: { isOfOurs?: (client: string) => boolean } = {},
  ) {
    this.reader = service.watch();
    this.output = output;
    this.isOfOurs = isOfOurs;
    this.over = this.run();
  }

  /** @returns how to end that. */
  listen(listener: (event: Event) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  end(): void {
    this.isEnding = true;
  }

  private async run(): Promise<void> {
    try {
      // Not `for await`: whoever leaves the loop has taken what waits.
      for (;;) {
        const { value: event, done } = await this.reader.next();
        if (done) return;
        this.take(event);
      }
    } catch (error) {
      this.output.error(SignalboxError.from(error, 'internal'));
    }
  }

  private take(event: Event): void {
    const taken = this.reader.hold();
    if (this.isEnding) {
      if ('client' in event && event.client !== undefined && this.isOfOurs(event.client)) taken();
    } else {
      const written = this.output.event(event);
      if (written) written.then(taken, () => {});
      else taken();
    }
    for (const listener of this.listeners) listener(event);
  }
}
