import type { WireError } from '../../../schemas/index.ts';
import { Throttle } from '../../throttle.ts';
import type { EventBus } from '../event-bus.ts';

/** A refused client: its name, or its address if it has not given a name. */
export type Refused = { readonly client: string } | { readonly address: string };

/** Reports every refusal to observers. Readers get the first one, then a summary of repeats every 10 s. */
export class Refusals implements Disposable {
  private readonly events: EventBus;
  private readonly throttle: Throttle<{ readonly who: Refused; readonly error: WireError }>;

  constructor(events: EventBus) {
    this.events = events;
    this.throttle = new Throttle({
      burst: 1,
      windowMs: 10_000,
      maxSources: 100,
      onLeftOut: ({ newest: { who, error }, count: times, isMixed }) =>
        events.emitToReaders({ type: 'client.refused', ...(!isMixed && who), error, ...(times > 1 && { times }) }),
    });
  }

  tell(who: Refused, error: WireError): void {
    const event = { type: 'client.refused', ...who, error } as const;
    if (this.throttle.admits(`${Object.values(who)} ${error.code}`, { who, error })) this.events.emit(event);
    else this.events.emitToObservers(event);
  }

  /** Reports the pending summaries. */
  [Symbol.dispose](): void {
    this.throttle[Symbol.dispose]();
  }
}
