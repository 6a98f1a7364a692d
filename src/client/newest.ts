/** The most recently added values, at most `max`. */
export class Newest<Value> {
  private readonly values = new Set<Value>();
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.values.size;
  }

  /** @returns the oldest value if it was removed to make room. */
  add(value: Value): Value | undefined {
    this.values.add(value);
    if (this.values.size <= this.max) return undefined;
    const [oldest] = this.values;
    if (oldest !== undefined) this.values.delete(oldest);
    return oldest;
  }

  /** @returns whether the value was present. */
  delete(value: Value): boolean {
    return this.values.delete(value);
  }
}
