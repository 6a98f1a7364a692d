import type { EventListener, ServerEvent } from '../jobs/events.ts';

/** Tells every listener of every event, and knows when all of them have written it out. */
export class Publisher {
  private readonly listeners = new Set<EventListener>();

  subscribe(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get isHeard(): boolean {
    return this.listeners.size > 0;
  }

  /** `written` is called when every listener has the event safe, and never when one of them has failed. */
  publish(event: ServerEvent, written: () => void = () => {}): void {
    const pending: Promise<void>[] = [];
    for (const listener of this.listeners) {
      const done = listener(event);
      if (done) pending.push(done);
    }
    if (pending.length === 0) written();
    else Promise.all(pending).then(written, () => {});
  }
}
