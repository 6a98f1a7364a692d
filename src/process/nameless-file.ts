import { constants, type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { randomHex } from './random-hex.ts';

/**
 * A file that is created on first use and unlinked at once, so that nothing is left of it however this process ends.
 */
export class NamelessFile {
  private readonly directory: string;
  private file: Promise<FileHandle> | undefined;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** @returns the number of bytes written, and the error if that is not all. */
  async write(data: readonly Buffer[], position: number): Promise<{ written: number; error?: unknown }> {
    let written = 0;
    let rest = data;
    try {
      const file = await this.opened();
      while (rest.length > 0) {
        const { bytesWritten } = await file.writev(rest, position + written);
        written += bytesWritten;
        rest = without(rest, bytesWritten);
      }
      return { written };
    } catch (error) {
      return { written, error };
    }
  }

  /** Reads up to `length` bytes. */
  async read(position: number, length: number): Promise<Buffer> {
    const file = await this.opened();
    // Not from the buffer pool: a reader may keep it for long.
    const data = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await file.read(data, 0, length, position);
    return data.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    const file = await this.file?.catch(() => undefined);
    await file?.close();
  }

  private opened(): Promise<FileHandle> {
    if (this.file) return this.file;
    const file = openNameless(this.directory);
    this.file = file;
    // The folder may accept a file later.
    file.catch(() => {
      this.file = undefined;
    });
    return file;
  }
}

async function openNameless(directory: string): Promise<FileHandle> {
  const path = join(directory, `signalbox-output-${randomHex(8)}`);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  await unlink(path);
  return file;
}

function without(data: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  return data.flatMap((buffer) => {
    const skipped = Math.min(skip, buffer.length);
    skip -= skipped;
    return skipped < buffer.length ? [buffer.subarray(skipped)] : [];
  });
}
