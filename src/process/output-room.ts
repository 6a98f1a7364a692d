import type { OutputSlots } from './output-slots.ts';
import type { Extent, StreamIndex } from './stream-index.ts';

/**
 * Finds room for output within the bound. Where all slots are in use the oldest goes whose bytes have been taken; where there is none,
 * finding room waits (`whenFull: 'wait'`), or the oldest slot of either stream goes (`'drop'`).
 */
export class OutputRoom {
  private readonly streams: readonly [StreamIndex, StreamIndex];
  private readonly slots: OutputSlots;
  private readonly whenFull: 'wait' | 'drop';
  private sequence = 0;
  private isFull = false;
  private isClosed = false;
  private waiting: PromiseWithResolvers<void> | undefined;
  /** Called with true when finding room begins to wait, and with false when there is some. */
  onFull = (_isFull: boolean): void => {};

  constructor(streams: readonly [StreamIndex, StreamIndex], slots: OutputSlots, whenFull: 'wait' | 'drop') {
    this.streams = streams;
    this.slots = slots;
    this.whenFull = whenFull;
  }

  /** Where the next bytes of a stream go. @returns undefined where it was closed meanwhile. */
  async find(index: StreamIndex): Promise<Extent | undefined> {
    const last = index.extents.at(-1);
    if (last && !last.closed && last.to - last.from < this.slots.slotBytes) return last;
    let slot = this.slots.take();
    while (!slot) {
      if (!this.dropOne()) await this.untilChanged();
      if (this.isClosed) return undefined;
      slot = this.slots.take();
    }
    this.setFull(false);
    const extent = { sequence: this.sequence++, slot, from: index.end, to: index.end, closed: false, dropped: false };
    index.extents.push(extent);
    return extent;
  }

  /** Looks again: bytes have been taken. */
  changed(): void {
    this.waiting?.resolve();
    this.waiting = undefined;
  }

  /** Raises the bound at which finding room waits. */
  extend(bytes: number): void {
    if (this.whenFull === 'drop') return;
    this.slots.extend(bytes);
    this.changed();
  }

  /** Nobody looks for room any more. */
  close(): void {
    this.isClosed = true;
    this.changed();
  }

  /** @returns whether a slot could be given back. */
  private dropOne(): boolean {
    const oldest = this.oldest('oldestTaken') ?? (this.whenFull === 'drop' ? this.oldest('oldest') : undefined);
    const slot = oldest?.dropOldest();
    if (slot) this.slots.give(slot);
    return slot !== undefined;
  }

  private oldest(by: 'oldest' | 'oldestTaken'): StreamIndex | undefined {
    const [a, b] = this.streams;
    const first = a[by] < b[by] ? a : b;
    return first[by] === Number.POSITIVE_INFINITY ? undefined : first;
  }

  private async untilChanged(): Promise<void> {
    this.setFull(true);
    this.waiting = Promise.withResolvers();
    await this.waiting.promise;
  }

  private setFull(isFull: boolean): void {
    if (this.isFull === isFull) return;
    this.isFull = isFull;
    this.onFull(isFull);
  }
}
