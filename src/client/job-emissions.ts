import { cutText, type FromClient, limits, type Message, type Offsets, type Stream } from '../../schemas/index.ts';
import type { OutputSource } from '../plugin/output-source.ts';
import { BufferedOutput } from './buffered-output.ts';
import { FullOutput } from './full-output.ts';
import type { JobOutput, MessageId, Send } from './job-output.ts';
import { JobProgress } from './job-progress.ts';
import { JobRecords } from './job-records.ts';
import { SourcedOutput } from './sourced-output.ts';

/** The session that a job is attached to: the id of the job there, and the offsets that the server requested. */
export interface Attachment {
  readonly send: Send;
  readonly id: MessageId;
  readonly from: Offsets;
  readonly recordsFrom: number;
}

/** The output, records and progress that a job sends before its outcome. Each part is created on first use. */
export class JobEmissions {
  private readonly onDrained: () => void;
  private attached: Attachment | undefined;
  private output: JobOutput | undefined;
  private emitted: JobRecords | undefined;
  private full: FullOutput | undefined;
  private progress: JobProgress | undefined;

  /** @param onDrained called when output that was still being read has been sent. */
  constructor(onDrained: () => void) {
    this.onDrained = onDrained;
  }

  write(stream: Stream, data: Buffer): void {
    this.output ??= this.begun(new BufferedOutput());
    if (this.output instanceof BufferedOutput) this.output.write(stream, data);
  }

  outputFrom(source: OutputSource): void {
    this.output = this.begun(new SourcedOutput(source, this.onDrained));
  }

  outputFull(isFull: boolean): void {
    this.full ??= this.begun(new FullOutput());
    this.full.set(isFull);
  }

  report(fraction: number, note: string | undefined): void {
    this.progress ??= this.begun(new JobProgress());
    this.progress.report(fraction, note);
  }

  record(value: unknown, bytes: number): void {
    this.emitted ??= this.begun(new JobRecords());
    this.emitted.add(value, bytes);
  }

  attach(attached: Attachment): void {
    this.attached = attached;
    for (const part of this.parts()) part.attach(attached);
  }

  detach(): void {
    this.attached = undefined;
    for (const part of this.parts()) part.detach();
  }

  outputAcked(stream: Stream, offset: number): void {
    this.output?.acked(stream, offset);
  }

  recordsAcked(offset: number): void {
    this.emitted?.acked(offset);
  }

  /** Called before the job is settled: pending progress is sent before the outcome, and output is no longer blocked. */
  end(): void {
    this.progress?.end();
    this.full?.set(false);
  }

  dispose(): void {
    this.output?.dispose();
  }

  /** Whether all output and records have been sent to the session. */
  get isDrained(): boolean {
    return (this.output?.isDrained ?? true) && (this.emitted?.isDrained ?? true);
  }

  get offsets(): Offsets {
    return this.output?.offsets ?? {};
  }

  get taken(): Offsets {
    return this.output?.taken ?? {};
  }

  get records(): number {
    return this.emitted?.end ?? 0;
  }

  get recordsTaken(): number {
    return this.emitted?.taken ?? 0;
  }

  /** End offsets of output and records, from which the server can detect what is missing. */
  get ends(): Pick<Message<FromClient, 'result'>, 'offsets' | 'outputError' | 'records'> {
    const { offsets, records } = this;
    const error = this.output?.error;
    return {
      ...((offsets.stdout !== undefined || offsets.stderr !== undefined) && { offsets }),
      ...(error !== undefined && { outputError: cutText(error, limits.maxTextBytes) }),
      ...(records > 0 && { records }),
    };
  }

  private begun<Part extends JobOutput | JobRecords | FullOutput | JobProgress>(part: Part): Part {
    if (this.attached) part.attach(this.attached);
    return part;
  }

  private parts() {
    return [this.output, this.emitted, this.full, this.progress].filter((part) => part !== undefined);
  }
}
