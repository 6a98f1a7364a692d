import {
  type JobSignal,
  type Offsets,
  type SentOutcome,
  SignalboxError,
  type Stream,
  type WireError,
} from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { OutputSource } from '../plugin/output-source.ts';
import { isUnsendable } from '../wire/outbox.ts';
import type { Epoch } from './epoch.ts';
import { type Attachment, JobEmissions } from './job-emissions.ts';
import type { MessageId, Send } from './job-output.ts';
import { JobSignals } from './job-signals.ts';

/** The outcome of a job, kept until the server has acked it. */
export type Settlement =
  | { outcome: SentOutcome; result?: unknown; error?: WireError; durationMs: number }
  | { outcome: 'rejected'; error: WireError };

const fromStart: Offsets = {};

/**
 * One command on this client, from its arrival until the server has acked its outcome.
 *
 * States: running, then settled; later settlements are ignored. Independently, it is attached or detached. While attached
 * to a session it sends its output, within the credit, and then its outcome; while detached it keeps both. A new session
 * attaches it with `fetch`, which has offsets.
 *
 * Most jobs only return a value, so everything else is created on first use.
 */
export class Job {
  readonly epoch: Epoch;
  readonly counter: number;
  readonly command: string;
  readonly startedAtMs = monotonicMs();
  /** It runs until somebody ends it. */
  standing = false;
  /** An earlier process of this client started it. */
  takenUp = false;
  /** Its outcome was acked before it ended in this process. */
  ackedAhead = false;
  /** Called when it is forgotten. */
  onForgotten: (() => void) | undefined = undefined;
  private readonly onSettled: (job: Job, settlement: Settlement) => void;
  private abort: AbortController | undefined;
  private signals: JobSignals | undefined;
  private emissions: JobEmissions | undefined;
  private settlement: Settlement | undefined;
  private outcomeSent = false;
  private attached: Attachment | undefined;
  /** `accepted` has not been sent to the attached session yet. */
  private unannounced = false;
  /** Why it was asked to end. The first cause is kept. */
  private cause: SignalboxError | undefined;
  /** The cause at the time when its outcome was decided. */
  private decision: { readonly cause: SignalboxError | undefined } | undefined;

  constructor(
    epoch: Epoch,
    counter: number,
    command: string,
    onSettled: (job: Job, settlement: Settlement) => void = () => {},
  ) {
    this.epoch = epoch;
    this.counter = counter;
    this.command = command;
    this.onSettled = onSettled;
  }

  /** The full id. It is computed because few jobs need it. */
  get id(): string {
    return `${this.epoch.id}.${this.counter}`;
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

  /** By the monotonic clock; undefined while it runs. */
  get settledAtMs(): number | undefined {
    const { settlement } = this;
    if (!settlement) return undefined;
    return this.startedAtMs + ('durationMs' in settlement ? settlement.durationMs : 0);
  }

  /** Why the job was asked to end; undefined if it was not, or only after its outcome was decided. */
  get endCause(): SignalboxError | undefined {
    return this.decision ? this.decision.cause : this.cause;
  }

  /** From now on a cancel or a deadline does not change the outcome. */
  decided({ beforeDeadline = false } = {}): void {
    const isVoid = beforeDeadline && this.cause?.code === 'deadline_exceeded';
    this.decision ??= { cause: isVoid ? undefined : this.cause };
  }

  end(cause: SignalboxError): void {
    if (this.settlement || this.cause) return;
    this.cause = cause;
    this.abort?.abort(cause);
  }

  /** Its server already had the outcome when this process listed the job, so nobody needs its outcome or output. */
  ackAhead(): void {
    this.ackedAhead = true;
    this.end(new SignalboxError('cancelled', 'the server already has its outcome'));
  }

  settle(settlement: Settlement): void {
    if (this.settlement) return;
    this.emissions?.end();
    this.settlement = settlement;
    // A result that cannot be sent makes the job fail here.
    this.pump();
    this.onSettled(this, this.settlement);
  }

  write(stream: Stream, data: Buffer): void {
    if (!this.settlement) this.emit().write(stream, data);
  }

  /** Reads output from this source from now on. Call it before writing any output. */
  outputFrom(source: OutputSource): void {
    this.emit().outputFrom(source);
  }

  /** Reports that the job is blocked because its output is not being received, or that it continues. */
  outputFull(isFull: boolean): void {
    if (!this.settlement) this.emit().outputFull(isFull);
  }

  report(fraction: number, note: string | undefined): void {
    if (!this.settlement) this.emit().report(fraction, note);
  }

  /** Emits a record of this encoded size. */
  record(value: unknown, bytes: number): void {
    if (!this.settlement) this.emit().record(value, bytes);
  }

  /** Calls `listener` with each signal sent to the running job, including earlier ones. */
  onSignal(listener: (signal: JobSignal) => void): void {
    this.signals ??= new JobSignals();
    this.signals.listen(listener);
  }

  sendSignal(signal: JobSignal): void {
    if (this.settlement) return;
    this.signals ??= new JobSignals();
    this.signals.send(signal);
  }

  /** Bytes of output per stream; empty streams are omitted. */
  get offsets(): Offsets {
    return this.emissions?.offsets ?? {};
  }

  /** Bytes acked by any server, in the same form. */
  get taken(): Offsets {
    return this.emissions?.taken ?? {};
  }

  /** Number of records so far. */
  get records(): number {
    return this.emissions?.records ?? 0;
  }

  /** The highest offset of records that any server has acked. */
  get recordsTaken(): number {
    return this.emissions?.recordsTaken ?? 0;
  }

  /**
   * Attaches a new job. `accepted` becomes the first message about it, unless the outcome comes first and makes it
   * redundant.
   */
  begin(send: Send, id: MessageId): void {
    this.attach(send, id, fromStart);
    this.unannounced = true;
  }

  announce(): void {
    if (!this.unannounced) return;
    this.unannounced = false;
    if (!this.outcomeSent) this.attached?.send({ type: 'accepted', id: this.attached.id });
  }

  /** Sends to this session from now on: output from `from`, and records from `recordsFrom`. */
  attach(send: Send, id: MessageId, from: Offsets, recordsFrom = 0): void {
    this.attached = { send, id, from, recordsFrom };
    this.unannounced = false;
    this.outcomeSent = false;
    this.emissions?.attach(this.attached);
    this.pump();
  }

  /** The command was repeated: sends the known state again. */
  repeat(send: Send, id: MessageId): void {
    if (this.settlement?.outcome !== 'rejected') send({ type: 'accepted', id });
    this.outcomeSent = false;
    this.pump();
  }

  detach(): void {
    this.attached = undefined;
    this.emissions?.detach();
  }

  /** Releases the resources of the job. */
  dispose(): void {
    this.emissions?.dispose();
  }

  /** The server has received this stream up to `offset`. */
  outputAcked(stream: Stream, offset: number): void {
    this.emissions?.outputAcked(stream, offset);
    this.pump();
  }

  /** The server has received the records before `offset`. */
  recordsAcked(offset: number): void {
    this.emissions?.recordsAcked(offset);
    this.pump();
  }

  /** The first emission; `accepted` must precede it. */
  private emit(): JobEmissions {
    this.announce();
    if (!this.emissions) {
      this.emissions = new JobEmissions(() => this.pump());
      if (this.attached) this.emissions.attach(this.attached);
    }
    return this.emissions;
  }

  /** Sends the outcome, after all output and records. */
  private pump(): void {
    const { attached, settlement } = this;
    if (!attached || !settlement || this.outcomeSent) return;
    if (this.emissions?.isDrained ?? true) this.sendOutcome(settlement, attached);
  }

  private sendOutcome(settlement: Settlement, attached: Attachment): void {
    const { send, id } = attached;
    this.outcomeSent = true;
    try {
      if (settlement.outcome === 'rejected') send({ type: 'rejected', id, error: settlement.error });
      else if (settlement.outcome === 'completed' && settlement.result !== undefined && !this.emissions) {
        const { outcome, durationMs, result } = settlement;
        // The path of almost all outcomes. It has no spreads, which would cost more than everything else here.
        send({ type: 'result', id, outcome, durationMs, result });
      } else send({ type: 'result', id, ...settlement, ...this.emissions?.ends });
    } catch (error) {
      if (!isUnsendable(error) || settlement.outcome === 'rejected') throw error;
      const { durationMs } = settlement;
      const message = `the result cannot be sent: ${error.message}`;
      this.settlement = { outcome: 'failed', error: { code: 'bad_result', message }, durationMs };
      this.sendOutcome(this.settlement, attached);
    }
  }
}
