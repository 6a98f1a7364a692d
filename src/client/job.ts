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

/** How a job ended, as it is kept until the server has acked it. */
export type Settlement =
  | { outcome: SentOutcome; result?: unknown; error?: WireError; durationMs: number }
  | { outcome: 'rejected'; error: WireError };

const progressEveryMs = 100;

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
  private readonly onSettled: (settlement: Settlement) => void;
  // Made when they are asked for: most jobs are short, and need neither.
  private abort: AbortController | undefined;
  private signals: EventEmitter | undefined;
  /** Those that came before anybody listened; each once, as the system keeps pending signals. */
  private readonly pendingSignals = new Set<JobSignal>();
  private output: JobOutput;
  private full: FullOutput | undefined;
  /** Whom it is still to be told that it has been accepted. */
  private unannounced: Send | undefined;
  private settlement: Settlement | undefined;
  private outcomeSent = false;
  private attached: Send | undefined;
  private progress: Message<FromClient, 'progress'> | undefined;
  private progressTimer: NodeJS.Timeout | undefined;
  /** Why it was told to end, where it was: the first cause stands. */
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

  /** What the job was told to end for; undefined where nobody told it. */
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
    // What cannot be sent is found out here, and has failed then.
    this.pump();
    this.onSettled(this.settlement);
  }

  write(stream: Stream, data: Buffer): void {
    if (this.settlement || !(this.output instanceof BufferedOutput)) return;
    this.output.write(stream, data);
  }

  /** From now on its output is read from there. To be called before anything is written. */
  outputFrom(source: OutputSource): void {
    this.output = new SourcedOutput(this.id, source, () => this.pump());
    if (this.attached) this.output.attach(this.attached, {});
  }

  /** Its output is kept as far as may be, and it waits for a server to take some; or it goes on. */
  outputFull(isFull: boolean): void {
    if (!this.full) {
      this.full = new FullOutput(this.id);
      if (this.attached) this.full.attach(this.attached);
    }
    this.full.set(isFull && !this.settlement);
  }

  /** Calls `listener` with each signal that is sent to the job while it runs, also with those that came before. */
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

  /** How much output there has been, by stream; streams without any are left out. */
  get offsets(): Offsets {
    return this.output.offsets;
  }

  /** How much of it any server has acked, in the same form. */
  get taken(): Offsets {
    return this.output.taken;
  }

  /** It is accepted. That is said before all else of it, and not at all where the outcome is the first thing to say. */
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

  /** From now on sends to this session, output from `from` on. */
  attach(send: Send, from: Offsets): void {
    this.attached = send;
    this.outcomeSent = false;
    this.output.attach(send, from);
    this.full?.attach(send);
    this.sendProgress();
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
    this.output.detach();
    this.full?.detach();
  }

  /** Nobody will ask for it any more. */
  dispose(): void {
    this.output.dispose();
  }

  /** The server has this stream's output up to `offset`. */
  outputAcked(stream: Stream, offset: number): void {
    this.output.acked(stream, offset);
    this.pump();
  }

  private sendProgress(): void {
    if (!this.progress || !this.attached || this.settlement) return;
    this.attached(this.progress);
    this.progress = undefined;
  }

  /** The outcome follows all output. */
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

  /** Where its output ends: by this the server knows what never came. */
  private outputEnd(): Pick<Message<FromClient, 'result'>, 'offsets' | 'outputError'> {
    const { offsets, error } = this.output;
    const hasOutput = offsets.stdout !== undefined || offsets.stderr !== undefined;
    return {
      ...(hasOutput && { offsets }),
      ...(error !== undefined && { outputError: error.slice(0, limits.maxTextLength) }),
    };
  }
}
