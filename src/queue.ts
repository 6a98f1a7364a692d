/** First in, first out, in constant time. The `shift` of a large array moves all remaining items. */
export class Queue<Item> {
  private readonly items: (Item | undefined)[] = [];
  /** Number of removed items at the front. */
  private gone = 0;

  get length(): number {
    return this.items.length - this.gone;
  }

  get first(): Item | undefined {
    return this.items[this.gone];
  }

  get last(): Item | undefined {
    return this.items.at(-1);
  }

  at(index: number): Item | undefined {
    return this.items[this.gone + index];
  }

  push(item: Item): void {
    this.items.push(item);
  }

  shift(): Item | undefined {
    if (this.length === 0) return undefined;
    const { first } = this;
    // Release the item now: the array is shortened later.
    this.items[this.gone] = undefined;
    this.gone += 1;
    if (this.gone === this.items.length) this.clear();
    else if (this.gone > 1_024 && this.gone * 2 > this.items.length) {
      this.items.splice(0, this.gone);
      this.gone = 0;
    }
    return first;
  }

  clear(): void {
    this.items.length = 0;
    this.gone = 0;
  }

  *[Symbol.iterator](): Generator<Item> {
    for (let at = this.gone; at < this.items.length; at += 1) yield this.items[at] as Item;
  }
}
