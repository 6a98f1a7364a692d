import type { Offsets } from '../../schemas/index.ts';
import type { OutputRun } from '../kept-output.ts';
import type { JobEvent, JobNews } from './events.ts';
import { fullId, type LocalId } from './job-id.ts';
import { ReceivedOutput } from './received-output.ts';
import { type EmittedRecord, ReceivedRecords } from './received-records.ts';
import type { Settlement } from './settlement.ts';

type JobState = 'waiting' | 'sent' | 'accepted' | 'unreachable' | 'settled';

/** What a record is made with. */
export interface JobFields {
  readonly localId: LocalId;
  /** Boot id of this server. */
  readonly bootId: string;
  readonly client: string;
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly args: Record<string, unknown>;
  /** As returned by the contract's `auditArgs`. Default: `args`. */
  readonly auditedArgs?: Readonly<Record<string, unknown>>;
  /** Who submitted it; undefined if it was submitted to another server. */
  readonly actor?: string;
  readonly expiresAtMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly traceparent?: string | undefined;
  /** Whether it runs until somebody ends it: see `standing` of a contract. Default: false. */
  readonly standing?: boolean;
}

/** Receives the news of a job; the event is made on demand. */
export type JobListener = (news: JobNews, event: () => JobEvent) => void;

/** One command to one client. Only `Transitions` changes it. */
export class JobRecord {
  readonly localId: LocalId;
  /** Boot id of this server. */
  private readonly bootId: string;
  readonly client: string;
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly args: Record<string, unknown>;
  /** As returned by the contract's `auditArgs`. */
  readonly auditedArgs: Readonly<Record<string, unknown>>;
  /** Who submitted it; undefined if it was submitted to another server. */
  readonly actor: string | undefined;
  readonly expiresAtMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
  /** It runs until somebody ends it, and is not `lost` while its client is away. */
  readonly standing: boolean;
  readonly state: JobState = 'waiting';
  /** Its client has reported that it runs or ran. */
  readonly isAccepted: boolean = false;
  readonly settlement: Settlement | undefined;
  /** The outcome that arrived after it was settled as `lost`. */
  readonly late: Settlement | undefined;
  readonly cancelRequested: boolean = false;
  /** Reported by the client during resynchronisation. */
  readonly listed: boolean = false;
  /** Its outcome has left this process: the client may forget the job. */
  readonly written: boolean = false;
  readonly sentAtMs: number | undefined;
  readonly acceptedAtMs: number | undefined;
  readonly roundTripMs: number | undefined;
  readonly progress: { readonly fraction: number; readonly note?: string | undefined } | undefined;
  /** Its program is blocked: the client keeps the maximum of output, and no server has taken it. */
  readonly outputFull: boolean = false;
  /** Receives all news up to the settlement. */
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

  /** The wire id. Not stored: most jobs are kept long and asked for it a few times. */
  get id(): string {
    return fullId(this.bootId, this.localId);
  }

  /** Whether it was started for another server. */
  get adopted(): boolean {
    return typeof this.localId === 'string';
  }

  isExpiredAt(nowMs: number): boolean {
    return this.expiresAtMs !== undefined && nowMs >= this.expiresAtMs;
  }

  /** Bytes of output and records kept here. */
  get keptBytes(): number {
    return (this.output?.keptBytes ?? 0) + (this.emitted?.keptBytes ?? 0);
  }

  /** How much of each stream has arrived. */
  get received(): Offsets {
    return this.output?.offsets ?? { stdout: 0, stderr: 0 };
  }

  /** Created on demand: most jobs write nothing. */
  get receivedOutput(): ReceivedOutput {
    this.output ??= new ReceivedOutput();
    return this.output;
  }

  /** Bytes of output lost so far; undefined if none. */
  get lostOutput(): Offsets | undefined {
    return this.output?.lostOutput;
  }

  /** Created on demand, like the output. */
  get receivedRecords(): ReceivedRecords {
    this.emitted ??= new ReceivedRecords();
    return this.emitted;
  }

  /** Number of records lost so far. */
  get lostRecords(): number {
    return this.emitted?.lost ?? 0;
  }

  /** The records kept, in order. */
  records(): EmittedRecord[] {
    return this.emitted?.tail ?? [];
  }

  /** The output kept, in order. */
  outputRuns(): OutputRun[] {
    return this.output?.runs() ?? [];
  }
}
