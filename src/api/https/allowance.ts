const minuteMs = 60_000;

interface Spent {
  readonly amount: number;
  readonly atMs: number;
}

/** What each address has left of a number a minute, which comes back evenly. Pure. */
export class Allowance {
  private readonly aMinute: number;
  private readonly maxAddresses: number;
  /** By address, the one that was silent longest first. */
  private readonly spent = new Map<string, Spent>();

  constructor(aMinute: number, maxAddresses: number) {
    this.aMinute = aMinute;
    this.maxAddresses = maxAddresses;
  }

  /** Takes one of it. @returns false where there is none. */
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

  /** How long until there is one. */
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
