import { Changes } from './changes.ts';
import { type OutputStream, outputStreams } from './options.ts';
import { OutputOrder, type Run } from './output-order.ts';
import { OutputRoom } from './output-room.ts';
import { OutputSlots } from './output-slots.ts';
import { PendingOutput } from './pending-output.ts';
import { ProcessError } from './process-error.ts';
import type { KeptOutput } from './result.ts';
import { type Extent, StreamIndex } from './stream-index.ts';
import { wordsOf } from './system-error.ts';

/** Above this number of unwritten bytes, `append` asks for a pause. */
const maxPendingBytes = 1_048_576;

/** The content at an offset of a stream. */
type Located =
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'gap'; readonly bytes: number }
  | { readonly kind: 'nothing-yet'; readonly version: number }
  | { readonly kind: 'end' };

/**
 * The output of one process: both streams share the slots of one file, see `OutputRoom`.
 *
 * Bytes count as output once they are written. Readers never block the writer; a slot that is reused during a read is
 * detected afterwards.
 */
export class OutputLog {
  private readonly streams = { stdout: new StreamIndex(), stderr: new StreamIndex() };
  private readonly slots: OutputSlots;
  private readonly room: OutputRoom;
  private readonly pending = new PendingOutput();
  private readonly order = new OutputOrder();
  private readonly changes = new Changes();
  private writing: Promise<void> | undefined;
  private isClosed = false;
  private closing: Promise<void> | undefined;
  /** Why the file could not be written or read. */
  error: string | undefined;
  /** Called when appending may continue after `append` returned false. */
  onRoom = (): void => {};

  /** @param options.onFull called with true when writing blocks at the bound, and with false when it continues. */
  constructor(options: {
    maxBytes: number;
    directory: string;
    whenFull: 'wait' | 'drop';
    onFull?: ((isFull: boolean) => void) | undefined;
  }) {
    const { stdout, stderr } = this.streams;
    this.slots = new OutputSlots(options);
    this.room = new OutputRoom([stdout, stderr], this.slots, options.whenFull);
    if (options.onFull) this.room.onFull = options.onFull;
  }

  kept(stream: OutputStream): KeptOutput {
    const { start, end, ended } = this.streams[stream];
    return { start, end, ended };
  }

  get totalBytes(): number {
    return this.streams.stdout.end + this.streams.stderr.end;
  }

  /** @returns whether there is room for more; if not, `onRoom` is called once there is. */
  append(stream: OutputStream, data: Buffer): boolean {
    if (this.isClosed) return true;
    this.streams[stream].received += data.length;
    this.pending.push(stream, data);
    this.writing ??= this.writeAll();
    return this.pending.bytes < maxPendingBytes;
  }

  /** Ends this stream. Resolves when all of it can be read. */
  async end(stream: OutputStream): Promise<void> {
    const index = this.streams[stream];
    while (index.end < index.received && !this.isClosed) await this.changes.since(this.changes.version);
    index.ended = true;
    this.changes.touch();
  }

  /** Marks bytes before `offset` as no longer needed. They are kept until their space is needed. */
  taken(stream: OutputStream, offset: number): void {
    const index = this.streams[stream];
    index.taken = Math.max(index.taken, Math.min(offset, index.end));
    this.room.changed();
  }

  /** Raises the bound, since the program has ended and blocking would no longer slow it. */
  extend(bytes: number): void {
    this.room.extend(bytes);
  }

  /** Resolves when anything has changed since the last `read`, or when `signal` aborts. */
  changed(version: number, signal?: AbortSignal): Promise<void> {
    return this.changes.since(version, signal);
  }

  get version(): number {
    return this.changes.version;
  }

  /** Finds the next bytes past `offsets`, in the common order of both streams. */
  next(offsets: Readonly<Record<OutputStream, number>>, place: number): Run | undefined {
    return this.order.next(offsets, place);
  }

  get hasEnded(): boolean {
    return outputStreams.every((stream) => this.streams[stream].ended);
  }

  /** Reads at most `maxBytes` at `offset`. */
  async read(stream: OutputStream, offset: number, maxBytes: number): Promise<Located> {
    const index = this.streams[stream];
    for (;;) {
      if (this.isClosed) throw new ProcessError('closed', 'the output of this process was discarded');
      const extent = index.after(offset);
      if (!extent) {
        if (offset < index.end) return { kind: 'gap', bytes: index.end - offset };
        return index.ended ? { kind: 'end' } : { kind: 'nothing-yet', version: this.changes.version };
      }
      if (extent.from > offset) return { kind: 'gap', bytes: extent.from - offset };
      const length = Math.min(maxBytes, extent.to - offset);
      const data = await this.readSlot(extent, offset, length);
      if (extent.dropped || this.isClosed) continue;
      return data ? { kind: 'data', data } : { kind: 'gap', bytes: length };
    }
  }

  /** Discards all output. */
  close(): Promise<void> {
    this.isClosed = true;
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    this.room.close();
    await this.writing;
    this.changes.touch();
    await this.slots.close();
  }

  private async readSlot({ slot, from }: Extent, offset: number, length: number): Promise<Buffer | undefined> {
    try {
      const data = await this.slots.read(slot, offset - from, length);
      if (data.length > 0) return data;
      this.error = 'the output file was truncated';
    } catch (error) {
      this.error = wordsOf(error);
    }
    return undefined;
  }

  private async writeAll(): Promise<void> {
    for (let stream = this.pending.first; stream && !this.isClosed; stream = this.pending.first) {
      await this.writeSome(stream);
    }
    this.writing = undefined;
  }

  /** Writes as much as fits into one slot. */
  private async writeSome(stream: OutputStream): Promise<void> {
    const index = this.streams[stream];
    const extent = await this.room.find(index);
    if (!extent) return;
    const before = this.pending.bytes;
    const data = this.pending.take(extent.from + this.slots.slotBytes - extent.to);
    const { written, error } = await this.slots.write(extent.slot, extent.to - extent.from, data);
    extent.to += written;
    index.end += written;
    if (written > 0) this.order.add(stream, index.end);
    if (error !== undefined) {
      this.error = wordsOf(error);
      extent.closed = true;
      if (extent.from === extent.to) {
        index.extents.pop();
        this.slots.giveUnwritten(extent.slot);
      }
      this.pending.putBack(stream, Buffer.concat(data).subarray(written));
    }
    if (written > 0) this.changes.touch();
    if (before >= maxPendingBytes && this.pending.bytes < maxPendingBytes) this.onRoom();
  }
}
