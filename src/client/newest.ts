/** The values that were added last, `max` at most. */
export class Newest<Value> {
  private readonly values = new Set<Value>();
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.values.size;
  }

  /** @returns the oldest one, where it had to go for this one. */
  add(value: Value): Value | undefined {
    this.values.add(value);
    if (this.values.size <= this.max) return undefined;
    const [oldest] = this.values;
    if (oldest !== undefined) this.values.delete(oldest);
    return oldest;
  }

  /** Whether it was among them. */
  delete(value: Value): boolean {
    return this.values.delete(value);
  }
}
