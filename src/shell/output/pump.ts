import { SignalboxError } from '../../../schemas/errors.ts';
import type { EventReader, JobService } from '../../plugin/job-service.ts';
import type { Event } from '../../plugin/observer.ts';
import { OwnJobs } from '../own-jobs.ts';
import type { Output } from './output.ts';

type JobEvent = Extract<Event, { id: string }>;

/**
 * Passes every event of a service to the output, then to the listeners. When a listener is called, the event is written
 * or being written. Once it is written, its client may forget what it reports; if writing fails, the client keeps it.
 *
 * With `onlyOwn`, the output receives only events of jobs that were sent from here.
 *
 * After `end`, nothing more is shown. Clients that keep running hold later events for the next server; our own clients
 * end with this one.
 */
export class EventPump {
  /** Resolves when no more events come. */
  readonly over: Promise<void>;
  /** Jobs sent from here; whoever sends keeps it up to date. */
  readonly own = new OwnJobs();
  private readonly reader: EventReader;
  private readonly output: Pick<Output, 'event' | 'error'>;
  private readonly isOfOurs: (client: string) => boolean;
  private readonly listeners = new Set<(event: Event) => void>();
  private readonly gapListeners = new Set<() => void>();
  private readonly onlyOwn: boolean;
  /** Events of jobs that may turn out to be our own. */
  private undecided: { readonly event: JobEvent; readonly taken: () => void }[] = [];
  private isEnding = false;

  /** Create it in the same turn as the server: earlier events are not received. */
  constructor(
    service: Pick<JobService, 'watch'>,
    output: Pick<Output, 'event' | 'error'>,
    { isOfOurs = () => false, onlyOwn = false }: { isOfOurs?: (client: string) => boolean; onlyOwn?: boolean } = {},
  ) {
    this.reader = service.watch();
    this.output = output;
    this.isOfOurs = isOfOurs;
    this.onlyOwn = onlyOwn;
    if (onlyOwn) this.own.onChange(() => this.decide());
    this.over = this.run();
  }

  /** @returns a function that removes the listener. */
  listen(listener: (event: Event) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** @param listener called when events may have been missed: query again what it knows from events. @returns a function that removes it. */
  onGap(listener: () => void): () => void {
    this.gapListeners.add(listener);
    return () => void this.gapListeners.delete(listener);
  }

  /** Call it when events may have been missed, or when later events come from another server. */
  gap(): void {
    for (const listener of this.gapListeners) listener();
  }

  end(): void {
    this.isEnding = true;
  }

  private async run(): Promise<void> {
    try {
      // Not `for await`: leaving that loop would take the events that wait.
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
    if (!this.onlyOwn) this.show(event, taken);
    else if (!('id' in event)) this.hide(event, taken);
    else this.showOwn(event, taken);
  }

  private showOwn(event: JobEvent, taken: () => void): void {
    const isOwn = this.own.has(event);
    if (isOwn === undefined) this.undecided.push({ event, taken });
    else if (isOwn) this.show(event, taken);
    else this.hide(event, taken);
  }

  private decide(): void {
    const { undecided } = this;
    this.undecided = [];
    for (const { event, taken } of undecided) this.showOwn(event, taken);
  }

  private show(event: Event, taken: () => void): void {
    if (this.isEnding) {
      if ('client' in event && event.client && this.isOfOurs(event.client)) taken();
    } else {
      const written = this.output.event(event);
      if (written) written.then(taken, () => {});
      else taken();
    }
    this.tell(event);
  }

  private hide(event: Event, taken: () => void): void {
    taken();
    this.tell(event);
  }

  private tell(event: Event): void {
    for (const listener of this.listeners) listener(event);
    this.own.event(event);
  }
}
