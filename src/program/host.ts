import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Sink } from '../shell/output.ts';
import type { DivertibleSink } from './divertible-sink.ts';
import type { EndBound } from './end-bound.ts';

/** What a subcommand may use of the process that it runs in. */
export interface Host {
  readonly stdin: NodeJS.ReadStream;
  /** Of a terminal: its size. What is written goes to `stdout`. */
  readonly screen: NodeJS.WriteStream;
  readonly stdout: Sink;
  readonly stderr: DivertibleSink;
  /** Both ends are a terminal. */
  readonly isTerminal: boolean;
  /** What `stderr` writes is seen on a terminal. */
  readonly errorsOnTerminal: boolean;
  /** How to start this program again: what `--spawn` runs. */
  readonly self: readonly string[];
  /** Aborts with an exit code as its reason when the process is told to end. */
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  /** Whatever takes its time at the end is done under it. */
  readonly endBound: EndBound;
}

export interface ProcessSink extends Sink {
  /** Resolves when all has been written, or never will be. */
  end(): Promise<void>;
  /** A thread writes to something that is no pipe: the process cannot end before it. */
  isStuck(): boolean;
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
export function createSink(fd: 1 | 2, onBroken: (error: Error) => void): ProcessSink {
  const stream = openForWriting(fd);
  // A broken file stream forgets the callbacks of what was queued: these are its own.
  const pending = new Set<(error: Error) => void>();
  let broken: Error | undefined;
  let last: Promise<void> = Promise.resolve();
  const name = fd === 1 ? 'standard output' : 'standard error';
  const named = (cause: Error) => new Error(`${name} can no longer be written: ${cause.message}`, { cause });
  stream.on('error', (cause) => {
    if (broken) return;
    broken = named(cause);
    for (const reject of pending) reject(broken);
    onBroken(broken);
  });
  return {
    write(text) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      promise.catch(() => {});
      last = promise;
      if (broken) reject(broken);
      else {
        pending.add(reject);
        stream.write(text, (error) => {
          pending.delete(reject);
          if (error) reject(named(error));
          else resolve();
        });
      }
      return promise;
    },
    end: () => last.catch(() => {}),
    isStuck: () => pending.size > 0 && !isPipe(fd),
  };
}
