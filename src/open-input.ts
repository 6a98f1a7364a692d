import { closeSync, constants, createReadStream, fstatSync, open, openSync, readSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { systemCode } from './process/system-error.ts';

// O_NONBLOCK: opening a FIFO must not block a thread until its other end is opened. O_NOCTTY: a terminal must not become
// our controlling terminal.
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a regular file and returns its descriptor with the result of `fstat`. Never blocks, whatever kind of file it is.
 * @throws Error if it cannot be opened or is not a regular file.
 */
export function openRegularFile(path: string): { fd: number; stat: Stats } {
  const fd = openSync(path, flags);
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, stat };
  closeSync(fd);
  throw new Error(`it is ${kindOf(stat)}, not a file`);
}

/**
 * Opens a file, or a pipe with a writer (`<(…)` of a shell), as a stream.
 * @param signal cancels opening and reading.
 * @throws Error if it is neither.
 */
export async function openInput(path: string, signal: AbortSignal): Promise<Readable> {
  // Opened in a thread: a file system that hangs blocks only that thread.
  const fd = await promisify(open)(path, flags);
  try {
    const stat = fstatSync(fd);
    if (stat.isFile()) return createReadStream('', { fd, signal });
    if (stat.isFIFO()) return openPipe(fd, signal);
    throw new Error(`it is ${kindOf(stat)}, not a file`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A pipe without a writer reports its end at once; otherwise there is data, or EAGAIN. */
function openPipe(fd: number, signal: AbortSignal): Readable {
  const first = Buffer.alloc(65_536);
  let size: number | undefined;
  try {
    size = readSync(fd, first);
  } catch (error) {
    if (systemCode(error) !== 'EAGAIN') throw error;
  }
  if (size === 0) throw new Error('it is a pipe without a writer');
  const socket = new Socket({ fd, readable: true, writable: false, signal });
  if (size !== undefined) socket.unshift(first.subarray(0, size));
  return socket;
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a pipe';
  if (stat.isSocket()) return 'a socket';
  return 'a device';
}
