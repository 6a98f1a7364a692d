import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { OutputPiece, OutputSource, Stream } from '../../../index.ts';
import { statusOf } from '../engine/engine-away.ts';
import { type LogMark, logStart } from './log-marks.ts';
import { type KeptPieces, OutputTail, piecesFrom } from './output-tail.ts';
import { type LogPiece, readLog } from './read-log.ts';

type Offsets = Record<Stream, number>;
type OutputOptions = Parameters<OutputSource['output']>[0];

/** The number of bytes that servers keep of the output of a job: the next server may request them again. */
const keptBytes = 1_048_576;

const longBytes = 16 * keptBytes;

const shortBytes = 65_536;

const firstPauseMs = 50;
const mostPauseMs = 2_000;

/**
 * The output of a container, from the log of its engine. Each reader reads the log separately, from a mark before its position.
 *
 * States: running (readers follow the log, and resume after each break and each run), ended (readers read the log to its end, which
 * `follow` does not guarantee), removed (the kept output is in memory).
 */
export class LogOutput implements OutputSource {
  private readonly docker: Docker;
  private readonly id: string;
  private readonly ends: Offsets = { stdout: 0, stderr: 0 };
  private readonly takenTo: Offsets = { stdout: 0, stderr: 0 };
  /** The whole output while it is short, as it usually is. It then need not be reread at the end. */
  private short: OutputTail | undefined = new OutputTail(shortBytes);
  private readonly over = Promise.withResolvers<void>();
  private readonly drain = Promise.withResolvers<void>();
  private readonly disposed = new AbortController();
  /** Aborts when reading the log must end. */
  private readonly closed = new AbortController();
  private mark: LogMark = logStart;
  private isOver = false;
  /** Whether the log has been read to its end. */
  private isComplete = false;
  private rest: KeptPieces | undefined;
  private failure: string | undefined;

  constructor(docker: Docker, id: string) {
    this.docker = docker;
    this.id = id;
  }

  async *output({ from, maxBytes, signal }: OutputOptions): AsyncGenerator<OutputPiece> {
    const stop = AbortSignal.any([signal, this.disposed.signal]);
    const next = { ...from };
    for (const stream of ['stdout', 'stderr'] as const) this.taken(stream, from[stream]);
    for (let pauseMs = firstPauseMs; !stop.aborted; ) {
      if (this.rest) {
        yield* piecesFrom(this.rest, next, maxBytes);
        return;
      }
      const isLast = this.isOver;
      const before = next.stdout + next.stderr;
      try {
        const reading = AbortSignal.any([stop, this.closed.signal]);
        for await (const piece of this.read(next, { follow: !isLast, maxBytes, signal: reading })) {
          next[piece.stream] = piece.offset + piece.data.length;
          yield { type: 'data', ...piece };
        }
        if (isLast) {
          this.completed();
          return;
        }
      } catch (error) {
        if (stop.aborted) return;
        if (statusOf(error) === 404 && !this.rest) {
          this.failure ??= 'the log of the container is gone: somebody else removed it';
          this.completed();
          return;
        }
      }
      pauseMs = next.stdout + next.stderr > before ? firstPauseMs : Math.min(mostPauseMs, 2 * pauseMs);
      if (!this.rest) await this.pause(pauseMs, isLast ? undefined : this.over.promise, stop);
    }
  }

  end(stream: Stream): number {
    return this.ends[stream];
  }

  taken(stream: Stream, offset: number): void {
    this.takenTo[stream] = Math.max(this.takenTo[stream], offset);
    this.checkDrain();
  }

  error(): string | undefined {
    return this.failure;
  }

  dispose(): void {
    this.disposed.abort('disposed');
  }

  /** Call when the container has ended for good. */
  containerEnded(): void {
    this.isOver = true;
    this.over.resolve();
  }

  /** Resolves when all output of the ended container has been taken. */
  get drained(): Promise<void> {
    return this.drain.promise;
  }

  /** Call before the container is removed. @returns the output that no server has taken, and the last bytes before it */
  async keep(signal: AbortSignal): Promise<KeptPieces> {
    if (this.rest) return this.rest;
    const kept = this.isDrained && this.short ? this.short.kept : await this.readEnd(signal);
    for (const stream of ['stdout', 'stderr'] as const) {
      const first = kept.pieces.find((piece) => piece.stream === stream)?.offset ?? kept.ends[stream];
      if (first > this.takenTo[stream]) this.failure ??= 'no server received it in time; only its last MiB was kept';
    }
    Object.assign(this.ends, kept.ends);
    this.close(kept);
    return kept;
  }

  /** Ends reading, because the engine does not answer or the job has failed. */
  abandon(why: string): void {
    if (this.rest) return;
    if (!this.isDrained) this.failure ??= why;
    this.close({ pieces: [], ends: { ...this.ends } });
  }

  private async readEnd(signal: AbortSignal): Promise<KeptPieces> {
    const { ends, takenTo, mark } = this;
    const known = this.isComplete ? ends : takenTo;
    // Rereading a long log takes seconds, so read only from the last mark, which yields about as much as is kept.
    const isLong = ends.stdout + ends.stderr > longBytes;
    const fromOf = (stream: Stream) =>
      Math.max(0, Math.min(takenTo[stream], isLong ? mark.offsets[stream] : known[stream] - keptBytes));
    const from = { stdout: fromOf('stdout'), stderr: fromOf('stderr') };
    const tail = new OutputTail(keptBytes, from);
    for await (const piece of this.read(from, { follow: false, maxBytes: keptBytes, signal })) {
      tail.add({ type: 'data', ...piece });
    }
    return tail.kept;
  }

  private close(rest: KeptPieces): void {
    this.rest = rest;
    this.closed.abort('closed');
  }

  private get isDrained(): boolean {
    const { ends, takenTo } = this;
    return this.isComplete && takenTo.stdout >= ends.stdout && takenTo.stderr >= ends.stderr;
  }

  private completed(): void {
    this.isComplete = true;
    this.checkDrain();
  }

  private checkDrain(): void {
    if (this.isDrained) this.drain.resolve();
  }

  /** Yields the log after `next`. */
  private async *read(
    next: Readonly<Offsets>,
    options: { readonly follow: boolean; readonly maxBytes: number; readonly signal: AbortSignal },
  ): AsyncGenerator<LogPiece> {
    const { mark } = this;
    const isUsable = mark.offsets.stdout <= next.stdout && mark.offsets.stderr <= next.stderr;
    const from = { ...next };
    const onMark = (passed: LogMark) => {
      this.mark = passed;
    };
    const pieces = readLog(this.docker, this.id, { ...options, mark: isUsable ? mark : logStart, onMark });
    for await (const { stream, offset, data } of pieces) {
      const end = offset + data.length;
      this.add({ stream, offset, data });
      if (end > from[stream])
        yield {
          stream,
          offset: Math.max(offset, from[stream]),
          data: data.subarray(Math.max(0, from[stream] - offset)),
        };
    }
  }

  /** Records a piece of the log, which may have been read before. */
  private add({ stream, offset, data }: LogPiece): void {
    const known = Math.max(0, this.ends[stream] - offset);
    if (known >= data.length) return;
    this.ends[stream] = offset + data.length;
    this.short?.add({ type: 'data', stream, offset: offset + known, data: data.subarray(known) });
    if (this.ends[stream] > shortBytes) this.short = undefined;
  }

  /** Waits for at most this time. */
  private async pause(ms: number, ended: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    void ended?.then(() => woken.abort('ended'));
    await sleep(ms, undefined, { signal: AbortSignal.any([signal, woken.signal, this.closed.signal]) }).catch(() => {});
  }
}
