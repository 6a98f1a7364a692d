import type { OutputStream } from './options.ts';
import type { OrderedOptions, OrderedPiece, OutputOptions, OutputPiece } from './output-reader.ts';
import type { ProcessResult, ProcessStatus } from './result.ts';

/** A process that was started. */
export interface ProcessHandle extends AsyncDisposable {
  /** The value of `SIGNALBOX_JOB` in its environment. */
  readonly id: string;
  readonly pid: number;
  /** Resolves when nothing of it runs any more and all its output can be read. Never rejects. */
  readonly exited: Promise<ProcessResult>;
  status(): ProcessStatus;
  /**
   * Sends TERM to all its processes, after `graceMs` (that of the options) KILL to those that are left. A second call can
   * only shorten the grace. What has ended by itself keeps its own end.
   */
  stop(options?: { graceMs?: number }): Promise<ProcessResult>;
  /** Sends a signal to its process group, as a terminal would. */
  signal(name: NodeJS.Signals): void;
  /**
   * What it writes, from any offset, during and after the run; any number of readers, none of which slows another or the
   * process. Ends when the stream has ended.
   * @throws ProcessError `closed`, while iterating, after the handle has been disposed of; `bad_options`.
   */
  output(options?: OutputOptions): AsyncIterableIterator<OutputPiece>;
  /**
   * Both streams in one, in the order in which this process has read them. That is the order in which they were written wherever the
   * program wrote to one only after this process had read what it wrote to the other: two pipes have no order of their own.
   * @throws as `output`.
   */
  orderedOutput(options?: OrderedOptions): AsyncIterableIterator<OrderedPiece>;
  /** Bytes of this stream before `offset` are needed no longer: at `maxOutputBytes` these go first. */
  taken(stream: OutputStream, offset: number): void;
  /** Ends it with KILL where it still runs, and throws its output away. */
  [Symbol.asyncDispose](): Promise<void>;
}
