/** A run of bytes of one stream in one slot of the file, or nowhere where it could not be written. */
export interface Extent {
  readonly sequence: number;
  readonly slot: number | undefined;
  readonly from: number;
  to: number;
  dropped: boolean;
}

/** Where the bytes of one stream are: extents in rising order, and what is not written yet. */
export class StreamIndex {
  readonly extents: Extent[] = [];
  private readonly pending: Buffer[] = [];
  private readonly waiting = new Set<() => void>();
  /** Bytes that were given, written or not. */
  received = 0;
  end = 0;
  ended = false;
  /** How often anything here has changed. */
  version = 0;

  get start(): number {
    return this.extents[0]?.from ?? this.end;
  }

  /** The first extent that reaches past `offset`. */
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

  /** The sequence of the oldest extent that has a slot. */
  get oldest(): number {
    return this.extents.find(({ slot }) => slot !== undefined)?.sequence ?? Number.POSITIVE_INFINITY;
  }

  /** Forgets that extent and all before it. @returns its slot. */
  dropOldest(): number {
    const gone = this.extents.splice(0, this.extents.findIndex(({ slot }) => slot !== undefined) + 1);
    for (const extent of gone) extent.dropped = true;
    return gone.at(-1)?.slot ?? 0;
  }

  /** Forgets the newest extent. @returns its slot. */
  discardTail(): number | undefined {
    return this.extents.pop()?.slot;
  }

  get hasPending(): boolean {
    return this.pending.length > 0;
  }

  push(data: Buffer): void {
    this.pending.push(data);
    this.received += data.length;
  }

  touch(): void {
    this.version += 1;
    for (const wake of [...this.waiting]) wake();
  }

  /** Resolves when `version` is no longer this one, or when `signal` aborts. */
  changed(version: number, signal?: AbortSignal): Promise<void> {
    if (this.version !== version || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Takes up to `room` bytes from what is not written yet. */
  take(room: number): Buffer[] {
    const taken: Buffer[] = [];
    let left = room;
    while (left > 0) {
      const first = this.pending[0];
      if (!first) break;
      taken.push(first.subarray(0, left));
      if (first.length > left) this.pending[0] = first.subarray(left);
      else this.pending.shift();
      left -= Math.min(left, first.length);
    }
    return taken;
  }
}
