import type { Stream } from '../../../index.ts';

/** A line, or a part of a long line, that a container wrote. */
export interface LogEntry {
  readonly stream: Stream;
  /** Time in RFC 3339, in UTC, with nine digits of a second. The texts sort in order of time. */
  readonly at: string;
  readonly data: Buffer;
}

const headerBytes = 8;
const space = 0x20;

/**
 * Splits the log of a container into entries. A frame has the number of a stream, three bytes, a length, and the entry, which begins
 * with its time.
 * (Docker Engine API, ContainerAttach, "Stream format"; `timestamps=true`.)
 */
export class LogFrames {
  private rest: Buffer = Buffer.alloc(0);

  /** The entries that these bytes complete. */
  push(bytes: Buffer): LogEntry[] {
    let buffer = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const entries: LogEntry[] = [];
    while (buffer.length >= headerBytes) {
      const end = headerBytes + buffer.readUInt32BE(4);
      if (buffer.length < end) break;
      const number = buffer[0];
      const afterTime = buffer.indexOf(space, headerBytes);
      if ((number !== 1 && number !== 2) || afterTime < 0 || afterTime >= end) {
        throw new Error("the engine's log is not in the form of its API");
      }
      entries.push({
        stream: number === 1 ? 'stdout' : 'stderr',
        at: buffer.toString('latin1', headerBytes, afterTime),
        data: buffer.subarray(afterTime + 1, end),
      });
      buffer = buffer.subarray(end);
    }
    this.rest = buffer;
    return entries;
  }
}
