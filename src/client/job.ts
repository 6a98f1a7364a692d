import {
  type FromClient,
  limits,
  type Message,
  type Offsets,
  type SentOutcome,
  type SignalboxError,
  type Stream,
  type WireError,
} from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { OutputBuffer } from '../output-buffer.ts';
import { isUnsendable } from '../wire/outbox.ts';

export type Send = (message: FromClient) => void;

/** How a job ended, as it is kept until the server has acked it. */
export type Settlement =
  | { outcome: SentOutcome; result?: unknown; error?: WireError; durationMs: number }
  | { outcome: 'rejected'; error: WireError };

const progressEveryMs = 100;
const streams: readonly Stream[] = ['stdout', 'stderr'];

/**
 * One command on this client, from its arrival until the server has acked its outcome.
 *
 * Running, then settled; the first settlement stands. Beside that, detached or attached: attached to a session it sends its
 * output on credit, then its outcome; detached it keeps both. A new session attaches it by `fetch`, which says from where.
 */
export class Job {
  readonly id: string;
  readonly command: string;
  readonly startedAtMs = monotonicMs();
  private readonly abort = new AbortController();
  private readonly output = {
    stdout: new OutputBuffer(limits.maxOutputKeptBytes),
    stderr: new OutputBuffer(limits.maxOutputKeptBytes),
  };
  private sent = { stdout: 0, stderr: 0 };
  private acked = { stdout: 0, stderr: 0 };
  private settlement: Settlement | undefined;
  private outcomeSent = false;
  private attached: Send | undefined;
  private progress: Message<FromClient, 'progress'> | undefined;
  private progressTimer: NodeJS.Timeout | undefined;
  /** Why it was told to end, where it was: the first cause stands. */
  private cause: SignalboxError | undefined;

  constructor(id: string, command: string) {
    this.id = id;
    this.command = command;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get settled(): Settlement | undefined {
    return this.settlement;
  }

  /** What the job was told to end for; undefined where nobody told it. */
  get endCause(): SignalboxError | undefined {
    return this.cause;
  }

  end(cause: SignalboxError): void {
    if (this.settlement || this.cause) return;
    this.cause = cause;
    this.abort.abort(cause);
  }

  settle(settlement: Settlement): void {
    if (this.settlement) return;
    clearTimeout(this.progressTimer);
    this.sendProgress();
    this.settlement = settlement;
    this.pump();
  }

  write(stream: Stream, data: Buffer): void {
    if (this.settlement) return;
    this.output[stream].append(data);
    this.pump();
  }

  report(fraction: number, note: string | undefined): void {
    if (this.settlement || Number.isNaN(fraction)) return;
    this.progress = {
      type: 'progress',
      id: this.id,
      fraction: Math.min(1, Math.max(0, fraction)),
      ...(note !== undefined && { note: note.slice(0, limits.maxTextLength) }),
    };
    if (this.progressTimer) return;
    this.sendProgress();
    this.progressTimer = setTimeout(() => {
      this.progressTimer = undefined;
      this.sendProgress();
    }, progressEveryMs);
  }

  /** How much output there has been, by stream; streams without any are left out. */
  get offsets(): Offsets {
    const offsets: Offsets = {};
    for (const stream of streams) if (this.output[stream].end > 0) offsets[stream] = this.output[stream].end;
    return offsets;
  }

  /** From now on sends to this session, output from `from` on. */
  attach(send: Send, from: Offsets): void {
    this.attached = send;
    this.outcomeSent = false;
    for (const stream of streams) {
      this.sent[stream] = from[stream] ?? 0;
      this.acked[stream] = this.sent[stream];
    }
    this.pump();
  }

  /** The command came once more: says again what is known. */
  repeat(send: Send): void {
    if (this.settlement?.outcome !== 'rejected') send({ type: 'accepted', id: this.id });
    this.outcomeSent = false;
    this.pump();
  }

  detach(): void {
    this.attached = undefined;
  }

  /** The server has this stream's output up to `offset`. */
  outputAcked(stream: Stream, offset: number): void {
    this.acked[stream] = Math.max(this.acked[stream], Math.min(offset, this.sent[stream]));
    this.pump();
  }

  private sendProgress(): void {
    if (!this.progress || !this.attached || this.settlement) return;
    this.attached(this.progress);
    this.progress = undefined;
  }

  private pump(): void {
    if (!this.attached) return;
    const drained = streams.map((stream) => this.pumpStream(stream, this.attached)).every(Boolean);
    if (drained && this.settlement && !this.outcomeSent) this.sendOutcome(this.settlement, this.attached);
  }

  /** @returns whether all of the stream has been sent. */
  private pumpStream(stream: Stream, send: Send | undefined): boolean {
    const buffer = this.output[stream];
    while (send && this.sent[stream] < buffer.end) {
      const credit = this.acked[stream] + limits.outputCreditBytes - this.sent[stream];
      if (credit <= 0) return false;
      const offset = Math.max(this.sent[stream], buffer.start);
      const data = buffer.read(offset, Math.min(credit, limits.maxOutputChunkBytes));
      send({ type: 'output', id: this.id, stream, offset, data });
      // What was dropped in between counts as acked: it will never come.
      this.acked[stream] += offset - this.sent[stream];
      this.sent[stream] = offset + data.length;
    }
    return true;
  }

  private sendOutcome(settlement: Settlement, send: Send): void {
    this.outcomeSent = true;
    try {
      send(
        settlement.outcome === 'rejected'
          ? { type: 'rejected', id: this.id, error: settlement.error }
          : { type: 'result', id: this.id, ...settlement },
      );
    } catch (error) {
      if (!isUnsendable(error) || settlement.outcome === 'rejected') throw error;
      const { durationMs } = settlement;
      const message = `the result cannot be sent: ${error.message}`;
      this.settlement = { outcome: 'failed', error: { code: 'bad_result', message }, durationMs };
      this.sendOutcome(this.settlement, send);
    }
  }
}
