import { close, constants, fstatSync, open, write } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { SignalboxError } from '../../schemas/index.ts';

/** A destination of lines, with one write at a time. */
export interface Appendable {
  /** Writes all of it or a part. @returns the number of bytes written. */
  write(bytes: Buffer): Promise<number>;
  close(): Promise<void>;
}

// Without O_NONBLOCK, opening a FIFO without a reader blocks a thread until there is one.
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a file that only its owner can read, or a pipe with a reader (`>(…)` in a shell), or a terminal.
 * @throws SignalboxError `bad_usage` if it cannot be opened.
 */
export async function openForAppending(path: string): Promise<Appendable> {
  const fd = await promisify(open)(path, flags, 0o600).catch((cause) => {
    const why = cause.code === 'ENXIO' ? 'it is a pipe without a reader, or a socket' : cause.message;
    throw new SignalboxError('bad_usage', `${path} cannot be opened: ${why}`, { cause });
  });
  if (fstatSync(fd).isFIFO()) return pipe(fd);
  return {
    write: async (bytes) => (await promisify(write)(fd, bytes)).bytesWritten,
    close: () => promisify(close)(fd).catch(() => {}),
  };
}

/** Waits for the reader of a pipe without blocking a thread. */
function pipe(fd: number): Appendable {
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on('error', () => {});
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve(bytes.length)));
      }),
    async close() {
      socket.destroy();
    },
  };
}
