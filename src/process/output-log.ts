import { NamelessFile } from './nameless-file.ts';
import { type OutputStream, outputStreams } from './options.ts';
import { ProcessError, wordsOf } from './process-error.ts';
import type { KeptOutput } from './result.ts';
import { type Extent, StreamIndex } from './stream-index.ts';

/** So much may wait to be written before `append` asks for a pause. */
const maxBacklogBytes = 1_048_576;
const leastSlotBytes = 4_096;
/** Into how many slots the bound is divided, and so how much of it goes at a time. */
const slotCount = 256;

/** What is at an offset of a stream. */
export type Located =
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'gap'; readonly bytes: number }
  | { readonly kind: 'nothing-yet'; readonly version: number }
  | { readonly kind: 'end' };

/**
 * The output of one process: both streams share one file of equal slots, and at the bound the oldest slot of either goes.
 * The file has no name from the moment it is open, so that nothing is left of it however this process ends.
 *
 * Bytes count as output once they are written (or could not be: then they are a gap for ever). Readers only read: none can
 * hold up the writer, and a slot that is taken from under a read in flight is noticed afterwards.
 */
export class OutputLog {
  private readonly streams = { stdout: new StreamIndex(), stderr: new StreamIndex() };
  private readonly slotBytes: number;
  private readonly slots: number;
  private readonly file: NamelessFile;
  private readonly freeSlots: number[] = [];
  private usedSlots = 0;
  private sequence = 0;
  private backlog = 0;
  private writing: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  error: string | undefined;
  /** Called when appending may go on after `append` has returned false. */
  onRoom = (): void => {};

  constructor(options: { maxBytes: number; directory: string }) {
    this.slotBytes = Math.max(leastSlotBytes, Math.floor(options.maxBytes / slotCount));
    this.slots = Math.floor(options.maxBytes / this.slotBytes);
    this.file = new NamelessFile(options.directory);
  }

  kept(stream: OutputStream): KeptOutput {
    const { start, end, ended } = this.streams[stream];
    return { start, end, ended };
  }

  get totalBytes(): number {
    return this.streams.stdout.end + this.streams.stderr.end;
  }

  /** @returns whether there is room for more; if not, `onRoom` tells when. */
  append(stream: OutputStream, data: Buffer): boolean {
    this.streams[stream].push(data);
    this.backlog += data.length;
    this.writing ??= this.writeAll();
    return this.backlog < maxBacklogBytes;
  }

  /** No more of this stream will come. Resolves when all of it can be read. */
  async end(stream: OutputStream): Promise<void> {
    const index = this.streams[stream];
    while (index.end < index.received) await index.changed(index.version);
    index.ended = true;
    index.touch();
  }

  /** Resolves when a stream is no longer as it was found by `read`, or when `signal` aborts. */
  changed(stream: OutputStream, version: number, signal?: AbortSignal): Promise<void> {
    return this.streams[stream].changed(version, signal);
  }

  /** What there is at `offset`, at most `maxBytes` of it. */
  async read(stream: OutputStream, offset: number, maxBytes: number): Promise<Located> {
    const index = this.streams[stream];
    for (;;) {
      if (this.closing) throw new ProcessError('closed', 'the output of this process has been thrown away');
      const extent = index.after(offset);
      if (!extent) {
        if (offset < index.end) return { kind: 'gap', bytes: index.end - offset };
        return index.ended ? { kind: 'end' } : { kind: 'nothing-yet', version: index.version };
      }
      if (extent.from > offset) return { kind: 'gap', bytes: extent.from - offset };
      if (extent.slot === undefined) return { kind: 'gap', bytes: extent.to - offset };
      const position = extent.slot * this.slotBytes + offset - extent.from;
      const data = await this.file.read(position, Math.min(maxBytes, extent.to - offset));
      if (!extent.dropped && data.length > 0) return { kind: 'data', data };
    }
  }

  /** Throws all of it away. */
  close(): Promise<void> {
    this.closing ??= (async () => {
      while (this.writing) await this.writing;
      for (const name of outputStreams) this.streams[name].touch();
      await this.file.close();
    })();
    return this.closing;
  }

  private async writeAll(): Promise<void> {
    const { stdout, stderr } = this.streams;
    while (stdout.hasPending || stderr.hasPending) {
      if (stdout.hasPending) await this.writeSome(stdout);
      if (stderr.hasPending) await this.writeSome(stderr);
    }
    this.writing = undefined;
  }

  /** As much as fits into one slot. */
  private async writeSome(index: StreamIndex): Promise<void> {
    const { extent, slot } = this.tailOf(index);
    const data = index.take(extent.from + this.slotBytes - extent.to);
    const total = data.reduce((sum, { length }) => sum + length, 0);
    const { written, error } = await this.file.write(data, slot * this.slotBytes + extent.to - extent.from);
    extent.to += written;
    index.end += written;
    if (error !== undefined) {
      this.error = wordsOf(error);
      if (extent.from === extent.to) this.freeSlots.push(index.discardTail() ?? slot);
      this.lose(index, total - written);
    }
    const wasFull = this.backlog >= maxBacklogBytes;
    this.backlog -= total;
    index.touch();
    if (wasFull && this.backlog < maxBacklogBytes) this.onRoom();
  }

  private tailOf(index: StreamIndex): { extent: Extent; slot: number } {
    const last = index.extents.at(-1);
    if (last?.slot !== undefined && last.to - last.from < this.slotBytes) return { extent: last, slot: last.slot };
    const slot = this.freeSlots.pop() ?? (this.usedSlots < this.slots ? this.usedSlots++ : this.takeOldest());
    return { extent: this.extend(index, slot), slot };
  }

  private extend(index: StreamIndex, slot: number | undefined): Extent {
    const extent = { sequence: this.sequence++, slot, from: index.end, to: index.end, dropped: false };
    index.extents.push(extent);
    return extent;
  }

  private takeOldest(): number {
    const { stdout, stderr } = this.streams;
    return (stdout.oldest < stderr.oldest ? stdout : stderr).dropOldest();
  }

  private lose(index: StreamIndex, bytes: number): void {
    const last = index.extents.at(-1);
    const lost = last && last.slot === undefined ? last : this.extend(index, undefined);
    lost.to += bytes;
    index.end += bytes;
  }
}
