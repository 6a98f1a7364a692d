import { limits } from '../../schemas/index.ts';

/**
 * The ids that have come from each server boot, by the highest counter: a boot sends its ids in rising order. The
 * counters of the last `maxServerBoots` boots are kept.
 */
export class ReceivedIds {
  /** By server boot, least recently used first. */
  private readonly highest = new Map<string, number>();

  /** Whether the id is above all that came from its boot; it has come then. */
  take(id: string): boolean {
    const [boot, counter] = partsOf(id);
    if (counter <= (this.highest.get(boot) ?? 0)) return false;
    this.set(boot, counter);
    return true;
  }

  /** Counts all ids of this boot up to this one as come. */
  raise(id: string): void {
    const [boot, counter] = partsOf(id);
    this.set(boot, Math.max(counter, this.highest.get(boot) ?? 0));
  }

  private set(boot: string, counter: number): void {
    this.highest.delete(boot);
    this.highest.set(boot, counter);
    const [oldest] = this.highest.keys();
    if (this.highest.size > limits.maxServerBoots && oldest !== undefined) this.highest.delete(oldest);
  }
}

function partsOf(id: string): [boot: string, counter: number] {
  const [boot = '', counter = '0'] = id.split('.');
  return [boot, Number(counter)];
}
