const minuteMs = 60_000;

interface Spent {
  readonly amount: number;
  readonly atMs: number;
}

/** Token bucket per address: a number per minute, refilled evenly. Pure. */
export class Allowance {
  private readonly aMinute: number;
  private readonly maxAddresses: number;
  /** By address, least recently used first. */
  private readonly spent = new Map<string, Spent>();

  constructor(aMinute: number, maxAddresses: number) {
    this.aMinute = aMinute;
    this.maxAddresses = maxAddresses;
  }

  /** Takes one token. @returns false if none is left. */
  take(address: string, nowMs: number): boolean {
    const amount = this.spentAt(address, nowMs);
    if (amount > this.aMinute - 1) return false;
    this.keep(address, { amount: amount + 1, atMs: nowMs });
    return true;
  }

  giveBack(address: string, nowMs: number): void {
    const amount = this.spentAt(address, nowMs) - 1;
    if (amount > 0) this.keep(address, { amount, atMs: nowMs });
    else this.spent.delete(address);
  }

  /** Time until a token is available, in ms. */
  waitMs(address: string, nowMs: number): number {
    const missing = this.spentAt(address, nowMs) - (this.aMinute - 1);
    return Math.max(0, (missing * minuteMs) / this.aMinute);
  }

  private spentAt(address: string, nowMs: number): number {
    const spent = this.spent.get(address);
    return spent ? Math.max(0, spent.amount - ((nowMs - spent.atMs) * this.aMinute) / minuteMs) : 0;
  }

  private keep(address: string, spent: Spent): void {
    this.spent.delete(address);
    this.spent.set(address, spent);
    if (this.spent.size <= this.maxAddresses) return;
    const [oldest] = this.spent.keys();
    if (oldest !== undefined) this.spent.delete(oldest);
  }
}
