export type CheckState = 'up' | 'down';

/** Whether a site is up or down; this number of consecutive results changes it. */
export class Succession {
  private readonly after: number;
  private state: CheckState | null = null;
  private newest: CheckState | undefined;
  private count = 0;

  constructor(after: number) {
    this.after = after;
  }

  /** @returns the state after this result; null while unknown. */
  add(isOk: boolean): CheckState | null {
    const one = isOk ? 'up' : 'down';
    this.count = one === this.newest ? this.count + 1 : 1;
    this.newest = one;
    if (this.count >= this.after) this.state = one;
    return this.state;
  }
}
