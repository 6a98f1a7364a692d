import type { SignalboxError } from '../../schemas/index.ts';
import type { Event } from '../jobs/events.ts';
import type { EventBus } from './event-bus.ts';

type Operation = Extract<Event, { type: 'store' }>['operation'];

/** Tells once when the store begins to fail at something, and once when that works again. */
export class StoreHealth {
  private readonly events: EventBus;
  private readonly failing = new Set<Operation>();

  constructor(events: EventBus) {
    this.events = events;
  }

  failed(operation: Operation, error: SignalboxError): void {
    // A store that takes no jobs mostly does nothing else either: that has been said.
    if (this.failing.has(operation) || this.failing.has('commit')) return;
    this.failing.add(operation);
    this.events.emit({ type: 'store', operation, error: error.toWire() });
  }

  worked(operation: Operation): void {
    if (this.failing.delete(operation)) this.events.emit({ type: 'store', operation });
  }

  /** Another server holds the store. Whoever runs this server is told when it has ended, why. */
  replaced(error: SignalboxError): void {
    this.events.emitToObservers({ type: 'store', operation: 'commit', error: error.toWire() });
  }
}
