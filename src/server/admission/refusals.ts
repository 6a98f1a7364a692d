import type { WireError } from '../../../schemas/index.ts';
import type { Publisher } from '../../plugin/publisher.ts';
import { Throttle } from '../../throttle.ts';

/** Who was turned away: the name that it gave, or before that the address that it came from. */
export type Refused = { readonly client: string } | { readonly address: string };

/** Publishes refusals; repeats are aggregated every 10 s. */
export class Refusals implements Disposable {
  private readonly publisher: Publisher;
  private readonly throttle: Throttle<{ readonly who: Refused; readonly error: WireError }>;

  constructor(publisher: Publisher) {
    this.publisher = publisher;
    this.throttle = new Throttle({
      burst: 1,
      windowMs: 10_000,
      maxSources: 100,
      onLeftOut: ({ newest: { who, error }, count: times, isMixed }) =>
        publisher.publish({ type: 'refused', ...(!isMixed && who), error, ...(times > 1 && { times }) }),
    });
  }

  tell(who: Refused, error: WireError): void {
    if (!this.throttle.admits(`${Object.values(who)} ${error.code}`, { who, error })) return;
    this.publisher.publish({ type: 'refused', ...who, error });
  }

  /** Tells what was left out so far. */
  [Symbol.dispose](): void {
    this.throttle[Symbol.dispose]();
  }
}
