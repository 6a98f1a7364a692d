import type { Event, EventListener, ServerEvent } from '../jobs/events.ts';
import type { Audit, AuditRecord } from './audit.ts';
import type { EventBus } from './event-bus.ts';

/** The listeners of `subscribe` and the audit, on the events of the bus, until nobody uses them. */
export class OldListeners {
  private readonly listeners = new Set<EventListener>();
  private readonly audit: Audit | undefined;

  constructor(bus: EventBus, audit: Audit | undefined) {
    this.audit = audit;
    const { listeners } = this;
    bus.old = {
      get isHeard() {
        return listeners.size > 0 || audit !== undefined;
      },
      observe: (event) => {
        const record = this.audit && recordOf(event);
        if (record) this.audit?.(record);
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

function recordOf(event: Event): AuditRecord | undefined {
  switch (event.type) {
    case 'client.handshake': {
      const { address, credential, allowed } = event;
      return { event: 'handshake', address, ...(credential !== undefined && { credential }), allowed };
    }
    case 'client.joined': {
      const { client, credential, bootId, host, pid } = event;
      return { event: 'joined', client, ...(credential !== undefined && { credential }), bootId, host, pid };
    }
    case 'client.refused':
      return event.client === undefined
        ? undefined
        : { event: 'refused', client: event.client, code: event.error.code };
    case 'client.left':
      return { event: 'left', client: event.client, reason: event.reason };
    case 'client.violation': {
      const { client, code, reason } = event;
      return { event: 'violation', ...(client !== undefined && { client }), code, reason };
    }
    case 'job.submitted': {
      const { id, client, command, args } = event;
      return { event: 'sent', id, client, command, args };
    }
    case 'job.settled':
    case 'job.late': {
      const { id, client, command, adopted, outcome, error } = event;
      const code = error && { code: error.code };
      return { event: 'outcome', id, client, command, ...(adopted && { adopted }), outcome, ...code };
    }
    default:
      return undefined;
  }
}
