import type { Stream } from '../../../index.ts';

/** What a container wrote at a time: a line, or a part of a long one. */
export interface LogEntry {
  readonly stream: Stream;
  /** RFC 3339 with nine digits of a second, in UTC: they sort as they are. */
  readonly at: string;
  readonly data: Buffer;
}

const headerBytes = 8;
const space = 0x20;

/**
 * Takes the log of a container apart: frames of a stream's number, three bytes, a length and the entry, which begins with its time.
 * (Docker Engine API, ContainerAttach, "Stream format"; `timestamps=true`.)
 */
export class LogFrames {
  private rest: Buffer = Buffer.alloc(0);

  /** The entries that are complete with these bytes. */
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
