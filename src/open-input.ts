import { closeSync, constants, createReadStream, fstatSync, open, openSync, readSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { systemCode } from './process/system-error.ts';

// Without O_NONBLOCK opening a FIFO holds a thread until somebody opens its other end; with O_NOCTTY no terminal
// becomes ours.
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a file to be read whole, with what `fstat` says of it. Does not wait, whatever stands at the path.
 * @throws Error where it cannot be opened or is no regular file.
 */
export function openRegularFile(path: string): { fd: number; stat: Stats } {
  const fd = openSync(path, flags);
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, stat };
  closeSync(fd);
  throw new Error(`it is ${kindOf(stat)}, not a file`);
}

/**
 * Opens a file, or a pipe that somebody writes to (`<(…)` of a shell), to be read as it comes.
 * @param signal ends the reading; what is waited for is given up.
 * @throws Error where it is neither.
 */
export async function openInput(path: string, signal: AbortSignal): Promise<Readable> {
  // By a thread: a file system that hangs holds that alone.
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

/** The end of a pipe comes at once where nobody writes to it; else there is something, or EAGAIN. */
function openPipe(fd: number, signal: AbortSignal): Readable {
  const first = Buffer.alloc(65_536);
  let size: number | undefined;
  try {
    size = readSync(fd, first);
  } catch (error) {
    if (systemCode(error) !== 'EAGAIN') throw error;
  }
  if (size === 0) throw new Error('it is a pipe that nobody writes to');
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
