import { NamelessFile } from './nameless-file.ts';

/** Space for output: in the file, or in memory if the file could not be written. */
export type Slot = { readonly position: number } | { readonly buffer: Buffer };

const leastSlotBytes = 4_096;
/** Number of slots within the bound. */
const slotCount = 256;
/** Bytes of memory to use while the file cannot be written. */
const maxMemoryBytes = 1_048_576;

/**
 * Slots of equal size in an unlinked file. While the file cannot be written (no space, no inodes, no folder), slots in
 * memory are used; each new slot tries the file again.
 */
export class OutputSlots {
  readonly slotBytes: number;
  private readonly file: NamelessFile;
  private readonly free: Slot[] = [];
  private fileSlots: number;
  private memorySlots: number;
  private usedFile = 0;
  private usedMemory = 0;
  private fileFailed = false;

  constructor(options: { maxBytes: number; directory: string }) {
    this.slotBytes = Math.max(leastSlotBytes, Math.floor(options.maxBytes / slotCount));
    this.fileSlots = Math.floor(options.maxBytes / this.slotBytes);
    this.memorySlots = Math.min(this.fileSlots, Math.max(2, Math.floor(maxMemoryBytes / this.slotBytes)));
    this.file = new NamelessFile(options.directory);
  }

  /** Raises both bounds. */
  extend(bytes: number): void {
    const slots = Math.ceil(bytes / this.slotBytes) + 2;
    this.fileSlots += slots;
    this.memorySlots += slots;
  }

  /** @returns undefined if all are in use. */
  take(): Slot | undefined {
    if (!this.fileFailed) {
      return this.free.pop() ?? (this.usedFile < this.fileSlots ? this.newSlot() : undefined);
    }
    if (this.usedMemory >= this.memorySlots) return undefined;
    this.usedMemory += 1;
    this.fileFailed = false;
    return { buffer: Buffer.allocUnsafeSlow(this.slotBytes) };
  }

  /** Frees a slot. Slots stored in the file before can be rewritten even on a full disk. */
  give(slot: Slot): void {
    if ('buffer' in slot) this.usedMemory -= 1;
    else {
      this.free.push(slot);
      this.fileFailed = false;
    }
  }

  /** @returns the number of bytes written, and the error if that is not all. */
  async write(slot: Slot, at: number, data: readonly Buffer[]): Promise<{ written: number; error?: unknown }> {
    if ('buffer' in slot) {
      let written = 0;
      for (const part of data) written += part.copy(slot.buffer, at + written);
      return { written };
    }
    const result = await this.file.write(data, slot.position + at);
    this.fileFailed = result.error !== undefined;
    return result;
  }

  /** Frees a slot that could not be written, to be reused last. */
  giveUnwritten(slot: Slot): void {
    this.free.unshift(slot);
  }

  /** Copies up to `length` bytes. */
  async read(slot: Slot, at: number, length: number): Promise<Buffer> {
    if ('buffer' in slot) return Buffer.from(slot.buffer.subarray(at, at + length));
    return await this.file.read(slot.position + at, length);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private newSlot(): Slot {
    this.usedFile += 1;
    return { position: (this.usedFile - 1) * this.slotBytes };
  }
}
