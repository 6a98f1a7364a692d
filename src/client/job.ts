import {
  cutText,
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
import type { Epoch } from './epoch.ts';
import { FullOutput } from './full-output.ts';
import type { JobOutput, MessageId, Send } from './job-output.ts';
import { JobProgress } from './job-progress.ts';
import { JobSignals } from './job-signals.ts';
import { SourcedOutput } from './sourced-output.ts';

/** The outcome of a job, kept until the server has acked it. */
export type Settlement =
  | { outcome: SentOutcome; result?: unknown; error?: WireError; durationMs: number }
  | { outcome: 'rejected'; error: WireError };

const fromStart: Offsets = {};

/**
 * One command on this client, from its arrival until the server has acked its outcome.
 *
 * States: running, then settled; later settlements are ignored. Independently it is attached or detached. While
 * attached to a session it sends its output on credit, then its outcome; while detached it keeps both. A new session
 * attaches it by `fetch`, with offsets.
 *
 * Most jobs only return something: what the others need is made when it is first used.
 */
export class Job {
  readonly epoch: Epoch;
  readonly counter: number;
  readonly command: string;
  readonly startedAtMs = monotonicMs();
  private readonly onSettled: (job: Job, settlement: Settlement) => void;
  private abort: AbortController | undefined;
  private signals: JobSignals | undefined;
  private output: JobOutput | undefined;
  private full: FullOutput | undefined;
  private progress: JobProgress | undefined;
  private settlement: Settlement | undefined;
  private outcomeSent = false;
  private attached: Send | undefined;
  /** What names it in the attached session. */
  private messageId: MessageId = '';
  /** Where the output of the attached session begins. */
  private from = fromStart;
  /** `accepted` is still to be sent to the attached session. */
  private unannounced = false;
  /** Why it was told to end; the first cause is kept. */
  private cause: SignalboxError | undefined;

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

  /** Its id in full. It is not kept: few jobs are asked for it. */
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
    this.progress?.end();
    this.settlement = settlement;
    this.full?.set(false);
    // A result that cannot be sent makes the job fail here.
    this.pump();
    this.onSettled(this, this.settlement);
  }

  write(stream: Stream, data: Buffer): void {
    if (this.settlement) return;
    this.output ??= this.begun(new BufferedOutput());
    if (this.output instanceof BufferedOutput) this.output.write(stream, data);
  }

  /** Reads output from this source from now on. Call it before anything is written. */
  outputFrom(source: OutputSource): void {
    this.output = this.begun(new SourcedOutput(source, () => this.pump()));
  }

  /** Reports that the job waits because its output is not taken, or that it continues. */
  outputFull(isFull: boolean): void {
    if (this.settlement) return;
    this.full ??= this.begun(new FullOutput());
    this.full.set(isFull);
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

  report(fraction: number, note: string | undefined): void {
    if (this.settlement) return;
    this.progress ??= this.begun(new JobProgress());
    this.progress.report(fraction, note);
  }

  /** Bytes of output per stream; empty streams are omitted. */
  get offsets(): Offsets {
    return this.output?.offsets ?? {};
  }

  /** Bytes acked by any server, in the same form. */
  get taken(): Offsets {
    return this.output?.taken ?? {};
  }

  /** Attaches a job that was not announced: `accepted` is the first message about it, or is left out before the outcome. */
  begin(send: Send, id: MessageId): void {
    this.attach(send, id, fromStart);
    this.unannounced = true;
  }

  announce(): void {
    if (!this.unannounced) return;
    this.unannounced = false;
    if (!this.outcomeSent) this.attached?.({ type: 'accepted', id: this.messageId });
  }

  /** Sends to this session from now on, with output starting at `from`. */
  attach(send: Send, id: MessageId, from: Offsets): void {
    this.attached = send;
    this.messageId = id;
    this.from = from;
    this.unannounced = false;
    this.outcomeSent = false;
    this.output?.attach(send, id, from);
    this.full?.attach(send, id);
    this.progress?.attach(send, id);
    this.pump();
  }

  /** The command was repeated: sends again what is known. */
  repeat(send: Send, id: MessageId): void {
    if (this.settlement?.outcome !== 'rejected') send({ type: 'accepted', id });
    this.outcomeSent = false;
    this.pump();
  }

  detach(): void {
    this.attached = undefined;
    this.output?.detach();
    this.full?.detach();
    this.progress?.detach();
  }

  /** The job is not needed any more. */
  dispose(): void {
    this.output?.dispose();
  }

  /** The server has received this stream up to `offset`. */
  outputAcked(stream: Stream, offset: number): void {
    this.output?.acked(stream, offset);
    this.pump();
  }

  /** Attaches a part that has just been made. What it sends follows `accepted`. */
  private begun<Part extends JobOutput | FullOutput | JobProgress>(part: Part): Part {
    this.announce();
    if (this.attached) part.attach(this.attached, this.messageId, this.from);
    return part;
  }

  /** Sends the outcome, after all output. */
  private pump(): void {
    const { attached, settlement } = this;
    if (!attached || !settlement || this.outcomeSent) return;
    if (this.output?.isDrained ?? true) this.sendOutcome(settlement, attached);
  }

  private sendOutcome(settlement: Settlement, send: Send): void {
    this.outcomeSent = true;
    try {
      send(
        settlement.outcome === 'rejected'
          ? { type: 'rejected', id: this.messageId, error: settlement.error }
          : { type: 'result', id: this.messageId, ...settlement, ...(this.output && outputEnd(this.output)) },
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

/** Where the output of a job ends, so that the server can tell what is missing. */
function outputEnd({ offsets, error }: JobOutput): Pick<Message<FromClient, 'result'>, 'offsets' | 'outputError'> {
  const hasOutput = offsets.stdout !== undefined || offsets.stderr !== undefined;
  return {
    ...(hasOutput && { offsets }),
    ...(error !== undefined && { outputError: cutText(error, limits.maxTextBytes) }),
  };
}
