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

/** Receives all news of a job until it is settled. */
export interface JobListener {
  /** Whether it needs the event for this news, now or later. */
  wantsEvent(news: JobNews): boolean;
  /** @param event creates the event on demand; undefined if nobody needs it. */
  news(news: JobNews, event: (() => JobEvent) | undefined): void;
}

/** A draft of changes that are not committed yet. */
export interface Uncommitted {
  /** Higher than the order of all drafts that are committed earlier. */
  readonly order: number;
  /** Whether it contains a submission. */
  has(submission: Submission<JobRecord>): boolean;
  /** Delays an effect until the changes are committed. */
  after(effect: Effect): void;
}

/** An effect of a change. */
export interface Effect {
  /** Undefined if the effect does not belong to a job. */
  readonly job?: JobRecord;
  /** The event to log, if there is one. */
  readonly event?: NumberedEvent;
  run(): void;
}

/**
 * One command for one client. Only `Transitions` changes it, and only `LinkedList` its links. Ten thousand settled
 * records are kept, so it does not store values that can be derived.
 */
export class JobRecord implements Linked<JobRecord> {
  readonly submission: Submission<JobRecord>;
  /** The jobs of its client. A vacant place has a separate, empty list with the name of the place. */
  readonly clientJobs: ClientJobs<JobRecord>;
  readonly state: JobState = 'waiting';
  /** Its client has reported that it is running or has run. */
  readonly isAccepted: boolean = false;
  /** Reported by the client during resynchronisation. */
  readonly listed: boolean = false;
  /** Its outcome has left this process, so the client may forget the job. */
  readonly written: boolean = false;
  readonly settlement: Settlement | undefined = undefined;
  readonly sentAtMs: number | undefined = undefined;
  /** Boot id of the client process that it was sent to, or that listed it. It is never sent to another process. */
  readonly bootId: string | undefined = undefined;
  readonly acceptedAtMs: number | undefined = undefined;
  /** In ms since the epoch. Set by the effects, because the table reads no clock. */
  settledAtMs: number | undefined = undefined;
  /** Receives all news until the job is settled. */
  listener: JobListener | undefined = undefined;
  /**
   * With a durable store: the draft with its newest change, until that is committed. A `Map` would take twice the time.
   */
  uncommitted: Uncommitted | undefined = undefined;
  /** Its command waits for that draft. */
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

  /** The id under which its client knows it. */
  get localId(): LocalId {
    return this.made?.sentAs ?? this.submission.localId;
  }

  /** The same as a whole id; undefined if it equals `id`. */
  get sentAs(): string | undefined {
    const sentAs = this.made?.sentAs;
    return sentAs === undefined ? undefined : this.submission.ids.full(sentAs);
  }

  /** The whole id. */
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

  /** Labels that were vouched for when its client received it; undefined if there were none. */
  get vouched(): Readonly<Record<string, string>> | undefined {
    return this.made?.vouched;
  }

  /** Undefined if its client was known at submission. */
  get place(): number | undefined {
    return this.made?.place;
  }

  /** It is a place without a client. */
  get isVacant(): boolean {
    return this.made?.place !== undefined && isPlaceName(this.client);
  }

  get command(): string {
    return this.submission.command;
  }

  get kind(): 'control' | 'data' {
    return this.submission.kind;
  }

  /** The arguments that an audit log may contain: see `auditArgs` of the contract. */
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

  /** Whether it is `lost` and its client has not reported its outcome since. */
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

  /** The state to show while the outcome must not be visible yet. */
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

  /** Created on demand: most jobs are short, have no output and complete. */
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

  /** Whether it waits for its turn in a batch. Then it is in no queue of its client. */
  get isHeld(): boolean {
    return this.made?.held === true;
  }

  /** Number of retained bytes of output and records. */
  get keptBytes(): number {
    const { made } = this;
    return made ? (made.output?.keptBytes ?? 0) + (made.records?.keptBytes ?? 0) : 0;
  }

  /** The received bytes of each stream. */
  get received(): Offsets {
    return this.made?.output?.offsets ?? { stdout: 0, stderr: 0 };
  }

  /** Its client is asked to send output and records again, with full credit. */
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

  /** Number of bytes of output lost so far; undefined if none. */
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

  /** The retained records, in order. */
  records(): EmittedRecord[] {
    return this.made?.records?.tail ?? [];
  }

  /** The retained output, in order. */
  outputRuns(): OutputRun[] {
    return this.made?.output?.runs() ?? [];
  }
}
