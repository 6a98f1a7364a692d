import type { Event } from '../jobs/events.ts';
import { QueuedReader } from '../plugin/event-reader.ts';
import { sizeOfValue } from '../size-of-value.ts';

/** Number of bytes of untaken events at which reading stops. */
const maxUntakenBytes = 4_194_304;

/** Passes each event to every reader of this process. Reading stops while too much is untaken. */
export class FanOut {
  private readonly readers = new Set<QueuedReader>();
  private untaken = 0;
  private waiting: PromiseWithResolvers<void> | undefined;
  private isEnded = false;

  watch(signal?: AbortSignal): QueuedReader {
    const leave = () => reader.leave();
    const reader: QueuedReader = new QueuedReader(() => {
      this.readers.delete(reader);
      signal?.removeEventListener('abort', leave);
    });
    if (this.isEnded) reader.end();
    else this.readers.add(reader);
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted) leave();
    return reader;
  }

  hand(event: Event): void {
    const bytes = bytesOf(event);
    for (const reader of this.readers) {
      this.untaken += bytes;
      reader.offer(event, () => this.taken(bytes));
    }
  }

  /** Resolves when there is room for more events. */
  async room(): Promise<void> {
    while (this.untaken > maxUntakenBytes && !this.isEnded) {
      this.waiting ??= Promise.withResolvers();
      await this.waiting.promise;
    }
  }

  end(): void {
    this.isEnded = true;
    this.wake();
    for (const reader of this.readers) reader.end();
  }

  private taken(bytes: number): void {
    this.untaken -= bytes;
    if (this.untaken <= maxUntakenBytes) this.wake();
  }

  private wake(): void {
    this.waiting?.resolve();
    this.waiting = undefined;
  }
}

/** The approximate size of an event and its line of output. */
function bytesOf(event: Event): number {
  const basis = 512;
  switch (event.type) {
    case 'job.output':
      return basis + event.data.length;
    case 'job.submitted':
      return basis + sizeOfValue(event.args);
    case 'job.records':
      return basis + sizeOfValue(event.records);
    case 'job.settled':
    case 'job.late':
      return basis + sizeOfValue(event.result);
    default:
      return basis;
  }
}
