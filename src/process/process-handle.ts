import type { OutputStream } from './options.ts';
import type { OrderedOptions, OrderedPiece, OutputOptions, OutputPiece } from './output-reader.ts';
import type { ProcessResult, ProcessStatus } from './result.ts';

/** A process that was started. */
export interface ProcessHandle extends AsyncDisposable {
  /** The value of `SIGNALBOX_JOB` in its environment. */
  readonly id: string;
  readonly pid: number;
  /** Resolves when none of its processes runs and all its output can be read. Never rejects. */
  readonly exited: Promise<ProcessResult>;
  /** The current state. */
  status(): ProcessStatus;
  /**
   * Sends TERM to all its processes and, after `graceMs` (default: that of the options), KILL to those that remain. A
   * second call can only shorten the grace period. It has no effect on the result of a process that has ended by
   * itself.
   */
  stop(options?: { graceMs?: number }): Promise<ProcessResult>;
  /** Sends a signal to its process group, as a terminal does. */
  signal(name: NodeJS.Signals): void;
  /**
   * Reads its output from any offset, during and after the run. Any number of readers may read; none slows another or
   * the process. Ends when the stream has ended.
   * @throws ProcessError `bad_options`; while iterating, `closed` after the handle has been disposed.
   */
  output(options?: OutputOptions): AsyncIterableIterator<OutputPiece>;
  /**
   * Reads both streams in the order in which this process has received them. Two pipes have no common order, so this is
   * the order of writing only if the program writes to one stream after this process has read what it wrote to the
   * other.
   * @throws as `output`.
   */
  orderedOutput(options?: OrderedOptions): AsyncIterableIterator<OrderedPiece>;
  /** Marks bytes of this stream before `offset` as no longer needed; at `maxOutputBytes` they are dropped first. */
  taken(stream: OutputStream, offset: number): void;
  /** Kills it if it still runs, and discards its output. */
  [Symbol.asyncDispose](): Promise<void>;
}
