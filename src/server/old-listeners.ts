import type { Event, EventListener, ServerEvent } from '../jobs/events.ts';
import type { EventBus } from './event-bus.ts';

/** The listeners of `subscribe`, on the events of the bus, until nobody uses them. */
export class OldListeners {
  private readonly listeners = new Set<EventListener>();

  constructor(bus: EventBus) {
    const { listeners } = this;
    bus.old = {
      get isHeard() {
        return listeners.size > 0;
      },
      read: (event, taken) => this.read(event, taken),
    };
  }

  subscribe(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private read(event: Event, taken: () => void): void {
    const old = oldEvent(event);
    const pending: Promise<void>[] = [];
    if (old) {
      for (const listener of this.listeners) {
        const done = listener(old);
        if (done) pending.push(done);
      }
    }
    if (pending.length === 0) taken();
    else Promise.all(pending).then(taken, () => {});
  }
}

function oldEvent(event: Event): ServerEvent | undefined {
  const { atMs: _at, actor: _actor, ...rest } = event;
  const { seq: _seq, ...plain } = rest as typeof rest & { seq?: number };
  switch (plain.type) {
    case 'job.accepted':
      return { ...plain, type: 'accepted' };
    case 'job.progress':
      return { ...plain, type: 'progress' };
    case 'job.output':
      return { ...plain, type: 'output' };
    case 'job.settled': {
      const { text: _, ...settled } = plain;
      const { outcome, id, client, command, adopted, error } = settled;
      const job = { id, client, command, ...(adopted && { adopted }) };
      if (outcome === 'rejected') return { type: 'rejected', ...job, error: error ?? noReason };
      const { result: _result, ...withoutResult } = settled;
      return { ...(settled.result === undefined ? withoutResult : settled), type: 'result', outcome };
    }
    case 'job.late': {
      const { text: _, ...settled } = plain;
      return { ...settled, type: 'late' };
    }
    case 'client.state':
      return { ...plain, type: 'client' };
    case 'client.refused':
      return { ...plain, type: 'refused' };
    case 'allow-list':
      return plain;
    default:
      return undefined;
  }
}

const noReason = { code: 'internal' as const, message: 'the client gave no reason' };
