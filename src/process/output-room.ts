import type { OutputSlots } from './output-slots.ts';
import type { Extent, StreamIndex } from './stream-index.ts';

/**
 * Finds room for output within the bound. If all slots are in use, it frees the oldest slot whose bytes have been
 * taken. If there is none, it waits (`whenFull: 'wait'`) or drops the oldest slot of either stream (`'drop'`).
 */
export class OutputRoom {
  private readonly streams: readonly [StreamIndex, StreamIndex];
  private readonly slots: OutputSlots;
  private readonly whenFull: 'wait' | 'drop';
  private sequence = 0;
  private isFull = false;
  private isClosed = false;
  private waiting: PromiseWithResolvers<void> | undefined;
  /** Called with true when it begins to wait for room, and with false when there is some. */
  onFull = (_isFull: boolean): void => {};

  constructor(streams: readonly [StreamIndex, StreamIndex], slots: OutputSlots, whenFull: 'wait' | 'drop') {
    this.streams = streams;
    this.slots = slots;
    this.whenFull = whenFull;
  }

  /** A slot for the next bytes of a stream. @returns undefined if it was closed meanwhile. */
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

  /** Call it when bytes have been taken: checks for room again. */
  changed(): void {
    this.waiting?.resolve();
    this.waiting = undefined;
  }

  /** Raises the bound. */
  extend(bytes: number): void {
    if (this.whenFull === 'drop') return;
    this.slots.extend(bytes);
    this.changed();
  }

  /** Ends waiting for room. */
  close(): void {
    this.isClosed = true;
    this.changed();
  }

  /** @returns whether a slot was freed. */
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
