/** An item with links. Only its list may change them. */
export interface Linked<Item extends Linked<Item>> {
  list: LinkedList<Item> | undefined;
  previous: Item | undefined;
  next: Item | undefined;
}

/**
 * Items in the order in which they were added. The links are stored in the items, so an item is in one list at a time,
 * and adding and removing need neither memory nor a search.
 */
export class LinkedList<Item extends Linked<Item>> implements Iterable<Item> {
  first: Item | undefined = undefined;
  private last: Item | undefined = undefined;
  size = 0;

  /** Moves the item to the end of this list. */
  add(item: Item): void {
    item.list?.remove(item);
    item.list = this;
    item.previous = this.last;
    if (this.last) this.last.next = item;
    else this.first = item;
    this.last = item;
    this.size += 1;
  }

  remove(item: Item): void {
    const { previous, next } = item;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.last = previous;
    item.previous = undefined;
    item.next = undefined;
    item.list = undefined;
    this.size -= 1;
  }

  /** The list must not change during iteration. */
  *[Symbol.iterator](): Generator<Item> {
    for (let item = this.first; item; item = item.next) yield item;
  }
}
