import type { Offsets } from '../../schemas/index.ts';
import type { OutputRun } from '../kept-output.ts';
import { isPlaceName } from '../place-name.ts';
import type { ClientJobs } from './client-jobs.ts';
import type { JobEvent, JobNews, NumberedEvent } from './events.ts';
import { JobDetails } from './job-details.ts';
import type { LocalId } from './job-id.ts';
import type { Linked, LinkedList } from './linked-list.ts';
import { ReceivedOutput } from './received-output.ts';
import { type EmittedRecord, ReceivedRecords } from './received-records.ts';
import type { Settlement } from './settlement.ts';
import type { Submission } from './submission.ts';

type JobState = 'waiting' | 'sent' | 'accepted' | 'unreachable' | 'settled';

/** Receives all news of a job up to the settlement. */
export interface JobListener {
  /** Whether it needs the event of these news, or may be asked for it later. */
  wantsEvent(news: JobNews): boolean;
  /** @param event made on demand; undefined if nobody wants it. */
  news(news: JobNews, event: (() => JobEvent) | undefined): void;
}

/** Changes that are not committed yet. */
export interface Uncommitted {
  /** Higher than that of all that are committed before. */
  readonly order: number;
  /** Whether a submission is among them. */
  has(submission: Submission<JobRecord>): boolean;
  /** Keeps what follows from them until they are committed. */
  after(effect: Effect): void;
}

/** What follows from a change. */
export interface Effect {
  /** Undefined for what is not of a job. */
  readonly job?: JobRecord;
  /** What it tells, if the log has that. */
  readonly event?: NumberedEvent;
  run(): void;
}

/**
 * One command to one client. Only `Transitions` changes it, and its links `LinkedList`. Ten thousand settled ones are kept,
 * so it stores nothing that it can derive.
 */
export class JobRecord implements Linked<JobRecord> {
  readonly submission: Submission<JobRecord>;
  /** Of its client. A place that has none yet has a list of its own, which is called as the place, and holds nothing. */
  readonly clientJobs: ClientJobs<JobRecord>;
  readonly state: JobState = 'waiting';
  /** Its client has reported that it runs or ran. */
  readonly isAccepted: boolean = false;
  /** Reported by the client during resynchronisation. */
  readonly listed: boolean = false;
  /** Its outcome has left this process: the client may forget the job. */
  readonly written: boolean = false;
  readonly settlement: Settlement | undefined = undefined;
  readonly sentAtMs: number | undefined = undefined;
  /** Boot id of the client process that it was sent to or that has listed it: it is never sent to another one. */
  readonly bootId: string | undefined = undefined;
  readonly acceptedAtMs: number | undefined = undefined;
  /** In ms since the epoch. Whoever carries out the effects sets it: the table reads no clock. */
  settledAtMs: number | undefined = undefined;
  /** Receives all news up to the settlement. */
  listener: JobListener | undefined = undefined;
  /** With a durable store: where its newest change is, if that is not committed. A `Map` of them costs twice the time. */
  uncommitted: Uncommitted | undefined = undefined;
  /** Its command waits there. */
  isLeaving = false;
  private made: JobDetails | undefined = undefined;
  /** The list that it is in, and its neighbours there. */
  list: LinkedList<JobRecord> | undefined = undefined;
  previous: JobRecord | undefined = undefined;
  next: JobRecord | undefined = undefined;

  constructor(submission: Submission<JobRecord>, clientJobs: ClientJobs<JobRecord>) {
    this.submission = submission;
    this.clientJobs = clientJobs;
  }

  /** Under which its client knows it. */
  get localId(): LocalId {
    return this.made?.sentAs ?? this.submission.localId;
  }

  /** The same in full; undefined if it is `id`. */
  get sentAs(): string | undefined {
    const sentAs = this.made?.sentAs;
    return sentAs === undefined ? undefined : this.submission.ids.full(sentAs);
  }

  /** The id in full. */
  get id(): string {
    return this.submission.id;
  }

  /** The number that people type. */
  get number(): number {
    return this.submission.number;
  }

  /** Name of its client, or of the place: `#1`. */
  get client(): string {
    return this.clientJobs.client;
  }

  /** Labels that were vouched for when its client got it; undefined if there were none. */
  get vouched(): Readonly<Record<string, string>> | undefined {
    return this.made?.vouched;
  }

  /** Undefined if its client was known when it was submitted. */
  get place(): number | undefined {
    return this.made?.place;
  }

  /** It is a place that no client has taken. */
  get isVacant(): boolean {
    return this.made?.place !== undefined && isPlaceName(this.client);
  }

  get command(): string {
    return this.submission.command;
  }

  get kind(): 'control' | 'data' {
    return this.submission.kind;
  }

  /** As returned by the contract's `auditArgs`. */
  get auditedArgs(): Readonly<Record<string, unknown>> {
    return this.submission.auditedArgs;
  }

  get expiresAtMs(): number | undefined {
    return this.submission.expiresAtMs;
  }

  /** It runs until somebody ends it, and is not `lost` while its client is away. */
  get standing(): boolean {
    return this.submission.standing;
  }

  /** Whether it is `lost`, and its client has not said since how it ended. */
  get isMissed(): boolean {
    return this.settlement?.outcome === 'lost' && this.late === undefined;
  }

  /** Whether it was started for a server with another store. */
  get adopted(): boolean {
    return this.submission.origin === 'other';
  }

  /** Whether it was submitted to an earlier server. */
  get isEarlier(): boolean {
    return typeof this.submission.localId === 'string';
  }

  /** Where it is, as long as nobody may know that it has ended. */
  get stateBeforeEnd(): Exclude<JobState, 'settled'> {
    if (this.state !== 'settled') return this.state;
    if (this.isAccepted) return 'accepted';
    return this.bootId === undefined ? 'waiting' : 'sent';
  }

  get roundTripMs(): number | undefined {
    const { acceptedAtMs, sentAtMs } = this;
    return acceptedAtMs === undefined || sentAtMs === undefined ? undefined : acceptedAtMs - sentAtMs;
  }

  isExpiredAt(nowMs: number): boolean {
    const { expiresAtMs } = this.submission;
    return expiresAtMs !== undefined && nowMs >= expiresAtMs;
  }

  /** Created on demand: most jobs are short, write nothing and end well. */
  get details(): JobDetails {
    this.made ??= new JobDetails();
    return this.made;
  }

  get late(): Settlement | undefined {
    return this.made?.late;
  }

  get cancelRequested(): boolean {
    return this.made?.cancelRequested === true;
  }

  get takenUp(): boolean {
    return this.made?.takenUp === true;
  }

  get progress(): JobDetails['progress'] {
    return this.made?.progress;
  }

  get outputFull(): boolean {
    return this.made?.outputFull === true;
  }

  /** Whether its turn in a batch has not come: it is in no queue of its client. */
  get isHeld(): boolean {
    return this.made?.held === true;
  }

  /** Bytes of output and records kept here. */
  get keptBytes(): number {
    const { made } = this;
    return made ? (made.output?.keptBytes ?? 0) + (made.records?.keptBytes ?? 0) : 0;
  }

  /** How much of each stream has arrived. */
  get received(): Offsets {
    return this.made?.output?.offsets ?? { stdout: 0, stderr: 0 };
  }

  /** Its client is asked to begin anew with its output, with full credit. */
  fetched(): void {
    this.made?.output?.fetched();
    this.made?.records?.fetched();
  }

  /** Created on demand. */
  get receivedOutput(): ReceivedOutput {
    const { details } = this;
    details.output ??= new ReceivedOutput();
    return details.output;
  }

  /** Bytes of output lost so far; undefined if none. */
  get lostOutput(): Offsets | undefined {
    return this.made?.output?.lostOutput;
  }

  /** Created on demand. */
  get receivedRecords(): ReceivedRecords {
    const { details } = this;
    details.records ??= new ReceivedRecords();
    return details.records;
  }

  /** Offset of the next record. */
  get nextRecord(): number {
    return this.made?.records?.next ?? 0;
  }

  /** Number of records lost so far. */
  get lostRecords(): number {
    return this.made?.records?.lost ?? 0;
  }

  /** The records kept, in order. */
  records(): EmittedRecord[] {
    return this.made?.records?.tail ?? [];
  }

  /** The output kept, in order. */
  outputRuns(): OutputRun[] {
    return this.made?.output?.runs() ?? [];
  }
}
