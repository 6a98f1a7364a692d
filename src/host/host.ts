import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { systemCode } from '../process/system-error.ts';
import type { DivertibleSink } from './divertible-sink.ts';
import type { EndBound } from './end-bound.ts';
import type { Ending } from './ending.ts';
import type { Hangups } from './hangups.ts';
import type { JobControl } from './job-control.ts';
import type { Sink } from './sink.ts';

/** What a subcommand may use of its process. */
export interface Host {
  readonly stdin: NodeJS.ReadStream;
  /** Size of the terminal. Write to `stdout` instead. */
  readonly screen: NodeJS.WriteStream;
  readonly stdout: ProcessSink;
  readonly stderr: DivertibleSink;
  /** Whether standard input and output are terminals. */
  readonly isTerminal: boolean;
  /** Whether `stderr` writes to a terminal. */
  readonly errorsOnTerminal: boolean;
  /** Command line that starts this program again, for `--spawn`. */
  readonly self: readonly string[];
  /** When the process ends. */
  readonly ending: Ending;
  /** When to reopen its files. */
  readonly hangups: Hangups;
  readonly jobControl: JobControl;
  readonly env: NodeJS.ProcessEnv;
  /** Bounds the work at the end. */
  readonly endBound: EndBound;
}

/** Width of the terminal of standard output; undefined without one. */
export function columnsOf({ screen }: Pick<Host, 'screen'>): number | undefined {
  return screen.isTTY ? screen.columns || 80 : undefined;
}

interface ProcessSink extends Sink {
  /** Resolves when everything is written or can no longer be written. */
  end(): Promise<void>;
  /** Resolves with the reason when it can no longer be written. */
  readonly broken: Promise<Error>;
}

function isPipe(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isFIFO() || stat.isSocket();
}

/** Whether both descriptors lead to the same file, pipe or terminal. */
export function shareOneFile(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

/** Pipes are written without blocking; files and terminals by a thread, which may block. */
function openForWriting(fd: number): Writable {
  if (isPipe(fd)) return new Socket({ fd, readable: false, writable: true });
  return createWriteStream('', { fd, autoClose: false });
}

/**
 * Writes to a file descriptor without ever stopping the event loop: Node's own `process.stdout` writes synchronously to
 * terminals and pipes, and a reader that stalls would stop the heartbeats.
 */
export function createSink(fd: 1 | 2): ProcessSink {
  const stream = openForWriting(fd);
  // A broken file stream drops the callbacks of queued writes; these are kept here.
  const pending = new Set<(error: Error) => void>();
  const { promise: broken, resolve: tellBroken } = Promise.withResolvers<Error>();
  let failure: Error | undefined;
  let last: Promise<void> = Promise.resolve();
  const name = fd === 1 ? 'standard output' : 'standard error';
  const fail = (cause: Error) => {
    if (failure) return;
    failure = new Error(`${name} can no longer be written: ${cause.message}`, { cause });
    tellBroken(failure);
    for (const reject of pending) reject(failure);
  };
  stream.on('error', fail);
  return {
    broken,
    write(text) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      promise.catch(() => {});
      last = promise;
      if (failure) reject(failure);
      else {
        pending.add(reject);
        stream.write(text, (error) => {
          pending.delete(reject);
          if (error) fail(error);
          if (failure) reject(failure);
          else resolve();
        });
      }
      return promise;
    },
    end: () => last.catch(() => {}),
  };
}

/** The reader has closed the pipe after reading enough: `signalbox --help | head -1`. */
export const isReaderGone = ({ cause }: Error): boolean => systemCode(cause) === 'EPIPE';
