import type { Slot } from './output-slots.ts';

/** A run of bytes of one stream in one slot. */
export interface Extent {
  readonly sequence: number;
  readonly slot: Slot;
  readonly from: number;
  to: number;
  /** Its slot takes no more bytes. */
  closed: boolean;
  dropped: boolean;
}

/** Locations of the bytes of one stream, as extents in ascending order. */
export class StreamIndex {
  readonly extents: Extent[] = [];
  /** Number of bytes received, written or not. */
  received = 0;
  end = 0;
  ended = false;
  /** Bytes before this offset are no longer needed. */
  taken = 0;

  get start(): number {
    return this.extents[0]?.from ?? this.end;
  }

  /** The first extent that ends after `offset`. */
  after(offset: number): Extent | undefined {
    let low = 0;
    let high = this.extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.extents[middle]?.to ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return this.extents[low];
  }

  /** Sequence number of the oldest extent; Infinity if there is none. */
  get oldest(): number {
    return this.extents[0]?.sequence ?? Number.POSITIVE_INFINITY;
  }

  /** The same, if none of its bytes is needed any longer. */
  get oldestTaken(): number {
    const [first] = this.extents;
    return first && first.to <= this.taken ? first.sequence : Number.POSITIVE_INFINITY;
  }

  /** @returns its slot. */
  dropOldest(): Slot | undefined {
    const gone = this.extents.shift();
    if (gone) gone.dropped = true;
    return gone?.slot;
  }
}
