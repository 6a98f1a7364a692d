import type { Offsets } from '../../schemas/index.ts';
import type { OutputRun } from '../kept-output.ts';
import type { JobEvent, JobNews } from './events.ts';
import { fullId, type LocalId } from './job-id.ts';
import { ReceivedOutput } from './received-output.ts';
import { type EmittedRecord, ReceivedRecords } from './received-records.ts';
import type { Settlement } from './settlement.ts';

export type JobState = 'waiting' | 'sent' | 'accepted' | 'unreachable' | 'settled';

interface JobFields {
  readonly localId: LocalId;
  readonly bootId: string;
  readonly client: string;
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly args: Record<string, unknown>;
  readonly auditedArgs?: Readonly<Record<string, unknown>>;
  readonly actor?: string;
  readonly expiresAtMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly traceparent?: string | undefined;
  readonly standing?: boolean;
}

/** Hears of a job; the event for the news is made where somebody wants it. */
export type JobListener = (news: JobNews, event: () => JobEvent) => void;

/** One command to one client. Only `Transitions` changes it. */
export class JobRecord {
  readonly localId: LocalId;
  /** Of the server that this is. */
  private readonly bootId: string;
  readonly client: string;
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly args: Record<string, unknown>;
  /** As the contract's `auditArgs` leaves them. */
  readonly auditedArgs: Readonly<Record<string, unknown>>;
  /** Who submitted it; undefined where that was not here. */
  readonly actor: string | undefined;
  readonly expiresAtMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
  /** It runs until it is ended: never `lost` for the time that its client is away. */
  readonly standing: boolean;
  readonly state: JobState = 'waiting';
  /** Its client has said that it runs, or ran. */
  readonly isAccepted: boolean = false;
  readonly settlement: Settlement | undefined;
  /** What came after it had been settled as `lost`. */
  readonly late: Settlement | undefined;
  readonly cancelRequested: boolean = false;
  /** Reported by the client during resynchronisation. */
  readonly listed: boolean = false;
  /** What its client said of how it ended has left this process: the client may forget it. */
  readonly written: boolean = false;
  readonly sentAtMs: number | undefined;
  readonly acceptedAtMs: number | undefined;
  readonly roundTripMs: number | undefined;
  readonly progress: { readonly fraction: number; readonly note?: string | undefined } | undefined;
  /** Its program waits: the client keeps all the output that it may, and no server has taken it. */
  readonly outputFull: boolean = false;
  /** Told of all that becomes known of it, up to how it ended. */
  listener: JobListener | undefined;
  private output: ReceivedOutput | undefined;
  private emitted: ReceivedRecords | undefined;

  constructor(fields: JobFields) {
    this.localId = fields.localId;
    this.bootId = fields.bootId;
    this.client = fields.client;
    this.command = fields.command;
    this.kind = fields.kind;
    this.args = fields.args;
    this.auditedArgs = fields.auditedArgs ?? fields.args;
    this.actor = fields.actor;
    this.expiresAtMs = fields.expiresAtMs;
    this.timeoutMs = fields.timeoutMs;
    this.traceparent = fields.traceparent;
    this.standing = fields.standing ?? false;
  }

  /** As it travels. Made anew each time: most jobs are asked for it a few times, and kept for long. */
  get id(): string {
    return fullId(this.bootId, this.localId);
  }

  /** Begun for another server, which is gone. */
  get adopted(): boolean {
    return typeof this.localId === 'string';
  }

  isExpiredAt(nowMs: number): boolean {
    return this.expiresAtMs !== undefined && nowMs >= this.expiresAtMs;
  }

  /** Bytes of output and of records that are kept here. */
  get keptBytes(): number {
    return (this.output?.keptBytes ?? 0) + (this.emitted?.keptBytes ?? 0);
  }

  /** What of the output has arrived. */
  get received(): Offsets {
    return this.output?.offsets ?? { stdout: 0, stderr: 0 };
  }

  /** Created on demand: most jobs write nothing. */
  get receivedOutput(): ReceivedOutput {
    this.output ??= new ReceivedOutput();
    return this.output;
  }

  /** What was lost of its output so far; undefined where nothing was. */
  get lostOutput(): Offsets | undefined {
    return this.output?.lostOutput;
  }

  /** Created on demand, like the output. */
  get receivedRecords(): ReceivedRecords {
    this.emitted ??= new ReceivedRecords();
    return this.emitted;
  }

  /** How many of its records never came. */
  get lostRecords(): number {
    return this.emitted?.lost ?? 0;
  }

  /** What is kept of its records, in order. */
  records(): EmittedRecord[] {
    return this.emitted?.tail ?? [];
  }

  /** What is kept of its output, in order. */
  outputRuns(): OutputRun[] {
    return this.output?.runs() ?? [];
  }
}
