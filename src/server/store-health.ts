import type { SignalboxError } from '../../schemas/index.ts';
import type { Event } from '../jobs/events.ts';
import type { EventBus } from './event-bus.ts';

type Operation = Extract<Event, { type: 'store' }>['operation'];

/** Reports once when an operation of the store begins to fail, and once when it works again. */
export class StoreHealth {
  private readonly events: EventBus;
  private readonly failing = new Set<Operation>();

  constructor(events: EventBus) {
    this.events = events;
  }

  failed(operation: Operation, error: SignalboxError): void {
    // A store that does not accept jobs usually fails at everything else, too, and that has been reported.
    if (this.failing.has(operation) || this.failing.has('commit')) return;
    this.failing.add(operation);
    this.events.emit({ type: 'store', operation, error: error.toWire() });
  }

  worked(operation: Operation): void {
    if (this.failing.delete(operation)) this.events.emit({ type: 'store', operation });
  }

  /** Another server holds the store. The owner of this server learns the reason when it has ended. */
  replaced(error: SignalboxError): void {
    this.events.emitToObservers({ type: 'store', operation: 'commit', error: error.toWire() });
  }
}
