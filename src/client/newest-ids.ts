/** The ids that were added last, `max` at most. */
export class NewestIds {
  private readonly ids = new Set<string>();
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  /** @returns the oldest one, where it had to go for this one. */
  add(id: string): string | undefined {
    this.ids.add(id);
    if (this.ids.size <= this.max) return undefined;
    const [oldest] = this.ids;
    if (oldest !== undefined) this.ids.delete(oldest);
    return oldest;
  }

  /** Whether it was among them. */
  delete(id: string): boolean {
    return this.ids.delete(id);
  }
}
