import { EventEmitter } from 'node:events';
import {
  type FromClient,
  type JobSignal,
  limits,
  type Message,
  type Offsets,
  type SentOutcome,
  type SignalboxError,
  type Stream,
  type WireError,
} from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { OutputSource } from '../plugin/output-source.ts';
import { isUnsendable } from '../wire/outbox.ts';
import { BufferedOutput } from './buffered-output.ts';
import { FullOutput } from './full-output.ts';
import type { JobOutput, Send } from './job-output.ts';
import { SourcedOutput } from './sourced-output.ts';

/** The outcome of a job, kept until the server has acked it. */
export type Settlement =
  | { outcome: SentOutcome; result?: unknown; error?: WireError; durationMs: number }
  | { outcome: 'rejected'; error: WireError };

const progressEveryMs = 100;

/**
 * One command on this client, from its arrival until the server has acked its outcome.
 *
 * States: running, then settled; later settlements are ignored. Independently it is attached or detached. While
 * attached to a session it sends its output on credit, then its outcome; while detached it keeps both. A new session
 * attaches it by `fetch`, with offsets.
 */
export class Job {
  readonly id: string;
  readonly command: string;
  readonly startedAtMs = monotonicMs();
  private readonly onSettled: (settlement: Settlement) => void;
  // Created on demand, since most jobs are short and need neither.
  private abort: AbortController | undefined;
  private signals: EventEmitter | undefined;
  /** Signals received before there was a listener; each once, like the pending signals of a process. */
  private readonly pendingSignals = new Set<JobSignal>();
  private output: JobOutput;
  private full: FullOutput | undefined;
  /** Where `accepted` is still to be sent. */
  private unannounced: Send | undefined;
  private settlement: Settlement | undefined;
  private outcomeSent = false;
  private attached: Send | undefined;
  private progress: Message<FromClient, 'progress'> | undefined;
  private progressTimer: NodeJS.Timeout | undefined;
  /** Why it was told to end; the first cause is kept. */
  private cause: SignalboxError | undefined;

  constructor(id: string, command: string, onSettled: (settlement: Settlement) => void = () => {}) {
    this.id = id;
    this.command = command;
    this.onSettled = onSettled;
    this.output = new BufferedOutput(id);
  }

  get signal(): AbortSignal {
    if (!this.abort) {
      this.abort = new AbortController();
      if (this.cause) this.abort.abort(this.cause);
    }
    return this.abort.signal;
  }

  get settled(): Settlement | undefined {
    return this.settlement;
  }

  /** Why the job was told to end; undefined if it was not. */
  get endCause(): SignalboxError | undefined {
    return this.cause;
  }

  end(cause: SignalboxError): void {
    if (this.settlement || this.cause) return;
    this.cause = cause;
    this.abort?.abort(cause);
  }

  settle(settlement: Settlement): void {
    if (this.settlement) return;
    clearTimeout(this.progressTimer);
    this.sendProgress();
    this.settlement = settlement;
    this.full?.set(false);
    // A result that cannot be sent makes the job fail here.
    this.pump();
    this.onSettled(this.settlement);
  }

  write(stream: Stream, data: Buffer): void {
    if (this.settlement || !(this.output instanceof BufferedOutput)) return;
    this.output.write(stream, data);
  }

  /** Reads output from this source from now on. Call it before anything is written. */
  outputFrom(source: OutputSource): void {
    this.output = new SourcedOutput(this.id, source, () => this.pump());
    if (this.attached) this.output.attach(this.attached, {});
  }

  /** Reports that the job waits because its output is not taken, or that it continues. */
  outputFull(isFull: boolean): void {
    if (!this.full) {
      this.full = new FullOutput(this.id);
      if (this.attached) this.full.attach(this.attached);
    }
    this.full.set(isFull && !this.settlement);
  }

  /** Calls `listener` with each signal sent to the running job, including earlier ones. */
  onSignal(listener: (signal: JobSignal) => void): void {
    this.signals ??= new EventEmitter();
    this.signals.on('signal', listener);
    for (const signal of this.pendingSignals) listener(signal);
    this.pendingSignals.clear();
  }

  sendSignal(signal: JobSignal): void {
    if (this.settlement) return;
    if (this.signals) this.signals.emit('signal', signal);
    else this.pendingSignals.add(signal);
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

  /** Bytes of output per stream; empty streams are omitted. */
  get offsets(): Offsets {
    return this.output.offsets;
  }

  /** Bytes acked by any server, in the same form. */
  get taken(): Offsets {
    return this.output.taken;
  }

  /** Sends `accepted` before the first message about the job, unless that message is the outcome. */
  begin(send: Send): void {
    this.unannounced = send;
    this.attach((message) => {
      if (message.type !== 'result') this.announce();
      send(message);
    }, {});
  }

  announce(): void {
    const send = this.unannounced;
    this.unannounced = undefined;
    if (!this.outcomeSent) send?.({ type: 'accepted', id: this.id });
  }

  /** Sends to this session from now on, with output starting at `from`. */
  attach(send: Send, from: Offsets): void {
    this.attached = send;
    this.outcomeSent = false;
    this.output.attach(send, from);
    this.full?.attach(send);
    this.sendProgress();
    this.pump();
  }

  /** The command was repeated: sends again what is known. */
  repeat(send: Send): void {
    if (this.settlement?.outcome !== 'rejected') send({ type: 'accepted', id: this.id });
    this.outcomeSent = false;
    this.pump();
  }

  detach(): void {
    this.attached = undefined;
    this.output.detach();
    this.full?.detach();
  }

  /** The job is not needed any more. */
  dispose(): void {
    this.output.dispose();
  }

  /** The server has received this stream up to `offset`. */
  outputAcked(stream: Stream, offset: number): void {
    this.output.acked(stream, offset);
    this.pump();
  }

  private sendProgress(): void {
    if (!this.progress || !this.attached || this.settlement) return;
    this.attached(this.progress);
    this.progress = undefined;
  }

  /** Sends the outcome, after all output. */
  private pump(): void {
    const { attached, settlement } = this;
    if (attached && settlement && this.output.isDrained && !this.outcomeSent) this.sendOutcome(settlement, attached);
  }

  private sendOutcome(settlement: Settlement, send: Send): void {
    this.outcomeSent = true;
    try {
      send(
        settlement.outcome === 'rejected'
          ? { type: 'rejected', id: this.id, error: settlement.error }
          : { type: 'result', id: this.id, ...settlement, ...this.outputEnd() },
      );
    } catch (error) {
      if (!isUnsendable(error) || settlement.outcome === 'rejected') throw error;
      const { durationMs } = settlement;
      const message = `the result cannot be sent: ${error.message}`;
      this.settlement = { outcome: 'failed', error: { code: 'bad_result', message }, durationMs };
      this.sendOutcome(this.settlement, send);
    }
  }

  /** Where its output ends, so that the server can tell what is missing. */
  private outputEnd(): Pick<Message<FromClient, 'result'>, 'offsets' | 'outputError'> {
    const { offsets, error } = this.output;
    const hasOutput = offsets.stdout !== undefined || offsets.stderr !== undefined;
    return {
      ...(hasOutput && { offsets }),
      ...(error !== undefined && { outputError: error.slice(0, limits.maxTextLength) }),
    };
  }
}
