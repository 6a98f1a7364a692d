import type { WireError } from '../../../schemas/index.ts';
import { Throttle } from '../../throttle.ts';
import type { EventBus } from '../event-bus.ts';

/** Who was turned away: the name that it gave, or before that the address that it came from. */
export type Refused = { readonly client: string } | { readonly address: string };

/** Tells observers of every refusal, and readers of repeats every 10 s. */
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

  /** Tells what was left out so far. */
  [Symbol.dispose](): void {
    this.throttle[Symbol.dispose]();
  }
}
