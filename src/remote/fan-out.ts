import type { Event } from '../jobs/events.ts';
import { QueuedReader } from '../plugin/event-reader.ts';
import { sizeOfValue } from '../size-of-value.ts';

/** Bytes of events that were handed out and not taken, from which on no more is read. */
const maxUntakenBytes = 4_194_304;

/** Hands each event to every reader of this process. What they do not take is bounded: no more is read then. */
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

  /** Resolves when there is room for more. */
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

/** About what an event takes, and the line that says it. */
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
