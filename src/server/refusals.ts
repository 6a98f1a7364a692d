import type { WireError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { Publisher } from './publisher.ts';

const tellEveryMs = 10_000;
const maxRemembered = 1_000;

/** Who was turned away: the name that it gave, or before that the address that it came from. */
export type Refused = { readonly client: string } | { readonly address: string };

/** Makes refusals known. Who is refused again and again for the same is told of each 10 s, with the count. */
export class Refusals {
  private readonly publisher: Publisher;
  private readonly told = new Map<string, { atMs: number; since: number }>();

  constructor(publisher: Publisher) {
    this.publisher = publisher;
  }

  tell(who: Refused, error: WireError): void {
    const key = `${Object.values(who)} ${error.code}`;
    const nowMs = monotonicMs();
    const before = this.told.get(key);
    if (before && nowMs - before.atMs < tellEveryMs) {
      before.since += 1;
      return;
    }
    const times = 1 + (before?.since ?? 0);
    this.told.delete(key);
    this.told.set(key, { atMs: nowMs, since: 0 });
    if (this.told.size > maxRemembered) this.told.delete(this.told.keys().next().value ?? '');
    this.publisher.publish({ type: 'refused', ...who, error, ...(times > 1 && { times }) });
  }
}
