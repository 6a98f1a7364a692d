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

/** What a subcommand may use of the process that it runs in. */
export interface Host {
  readonly stdin: NodeJS.ReadStream;
  /** Of a terminal: its size. What is written goes to `stdout`. */
  readonly screen: NodeJS.WriteStream;
  readonly stdout: ProcessSink;
  readonly stderr: DivertibleSink;
  /** Both ends are a terminal. */
  readonly isTerminal: boolean;
  /** What `stderr` writes is seen on a terminal. */
  readonly errorsOnTerminal: boolean;
  /** How to start this program again: what `--spawn` runs. */
  readonly self: readonly string[];
  /** When the process ends. */
  readonly ending: Ending;
  /** When its files are to be opened anew. */
  readonly hangups: Hangups;
  readonly jobControl: JobControl;
  readonly env: NodeJS.ProcessEnv;
  /** Whatever takes its time at the end is done under it. */
  readonly endBound: EndBound;
}

/** How wide the terminal is that standard output goes to; undefined where it goes elsewhere. */
export function columnsOf({ screen }: Pick<Host, 'screen'>): number | undefined {
  return screen.isTTY ? screen.columns || 80 : undefined;
}

interface ProcessSink extends Sink {
  /** Resolves when all has been written, or never will be. */
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

/** A pipe is written when it has room; a file or a terminal by a thread, which may wait. */
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
  // A broken file stream forgets the callbacks of what was queued: these are its own.
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

/** A reader that has gone has what it wanted: `signalbox --help | head -1`. */
export const isReaderGone = ({ cause }: Error): boolean => systemCode(cause) === 'EPIPE';
