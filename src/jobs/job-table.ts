import { SignalboxError } from '../../schemas/errors.ts';
import type { CommandContract, FromClient, JobSignal, Message, MessageId } from '../../schemas/index.ts';
import { limits } from '../../schemas/limits.ts';
import { Absence } from './absence.ts';
import { Batches } from './batches.ts';
import { Emissions } from './emissions.ts';
import type { JobNews } from './events.ts';
import type { JobEffects } from './job-effects.ts';
import { JobIds, type LocalId } from './job-id.ts';
import { type JobListener, JobRecord } from './job-record.ts';
import type { JobTableOptions } from './job-table-options.ts';
import { KnownJobs } from './known-jobs.ts';
import { Places } from './places.ts';
import { type ListedJob, type ListedOrigin, Reconciliation } from './reconciliation.ts';
import { type FormerSubmission, Restoration } from './restoration.ts';
import { SendQueue } from './send-queue.ts';
import { type OutputEnd, type Settlement, settlementFor } from './settlement.ts';
import { Submission, type Submitted } from './submission.ts';
import { Transitions } from './transitions.ts';

/**
 * Gives every submitted command exactly one outcome, which never changes. The table uses neither clocks nor sockets:
 * the time is an argument. `Transitions` documents the states of a job.
 */
export class JobTable {
  readonly places: Places;
  private readonly ids: JobIds;
  private readonly effects: JobEffects;
  private readonly jobs = new KnownJobs();
  private readonly transitions: Transitions;
  private readonly sendQueue: SendQueue;
  private readonly reconciliation: Reconciliation;
  private readonly emissions: Emissions;
  private readonly absence: Absence;
  private readonly restoration: Restoration;
  private readonly batches: Batches;
  private readonly reconnectWaitMs: number;
  private counter = 0;
  private number: number;

  constructor(options: JobTableOptions) {
    const { bootId, effects, lostAfterMs, reconnectWaitMs = limits.reconnectWaitMs } = options;
    const { recoverWithinMs = limits.recoverWithinMs, isRecoverable = () => false } = options;
    const { jobs } = this;
    const ids = new JobIds(bootId);
    const transitions = new Transitions(jobs, effects, options.vouchedOf);
    const sendQueue = new SendQueue(effects, transitions, options.fillSecrets);
    this.ids = ids;
    this.number = options.nextNumber ?? 1;
    this.effects = effects;
    const times = { lostAfterMs, recoverWithinMs, reconnectWaitMs };
    this.absence = new Absence({ jobs, transitions, sendQueue, isRecoverable, ...times });
    this.places = new Places({ jobs, transitions, sendQueue, nextId: () => this.nextId() });
    this.restoration = new Restoration({ ids, jobs, transitions, lostAfterMs });
    const freshId = (id: LocalId) => (id === this.counter ? id : this.nextId());
    this.batches = new Batches({ jobs, transitions, sendQueue, reconnectWaitMs, freshId });
    this.reconnectWaitMs = reconnectWaitMs;
    this.transitions = transitions;
    this.sendQueue = sendQueue;
    this.emissions = new Emissions({ ids, jobs, transitions, effects });
    const { nextNumber } = this;
    this.reconciliation = new Reconciliation({ ids, jobs, transitions, sendQueue, effects, nextNumber });
  }

  /** Creates a submission with a new id. @param clients number of clients that it will be submitted to. */
  begin(submitted: Submitted, nowMs: number, clients = 1): Submission<JobRecord> {
    const options = { nowMs, clients, number: this.nextNumber(), patienceMs: this.reconnectWaitMs };
    return new Submission(this.ids, this.nextId(), submitted, options);
  }

  /** @param hasEnded the client is offline and has announced its end. */
  submit(
    submission: Submission<JobRecord>,
    client: string,
    nowMs: number,
    listener?: JobListener,
    hasEnded = false,
  ): JobRecord {
    const clientJobs = this.jobs.of(client);
    const job = new JobRecord(submission, clientJobs);
    job.listener = listener;
    this.transitions.submitted(job);
    if (submission.batch) this.transitions.held.hold(job);
    else if (!clientJobs.isConnected) this.absence.submitted(job, nowMs, hasEnded);
    else {
      // A terminating client would refuse the waiting commands.
      const why = 'the client was terminated before it was sent';
      if (job.command === 'terminate') this.absence.abandon(clientJobs, 'cancelled', 'cancelled', why);
      this.sendQueue.enqueue(clientJobs, job, nowMs);
    }
    return job;
  }

  /** All jobs of a batch have been submitted: sends the first ones. */
  submittedAll(submission: Submission<JobRecord>, nowMs: number): void {
    this.batches.goOn(submission, nowMs);
  }

  /** Cancels a waiting job immediately; otherwise asks its client. A `lost` job may still be running there. */
  cancel(job: JobRecord): void {
    if (job.state === 'settled' && !job.isMissed) return;
    if (job.state === 'waiting') {
      const code = job.submission.batch ? 'not_sent' : 'cancelled';
      this.transitions.settled(job, settlementFor('cancelled', code, 'cancelled before it was sent'));
      return;
    }
    this.transitions.cancelRequested(job);
    if (this.jobs.isOnline(job.client)) this.effects.send(job.client, { type: 'cancel', id: job.localId }, job);
  }

  /** @returns whether the signal was sent: the job runs or is on its way, and its client is online. */
  signal(job: JobRecord, signal: JobSignal): boolean {
    // Frames keep their order, so the signal reaches the client after the job.
    const isSent = job.state === 'accepted' || job.state === 'sent';
    if (!isSent || job.clientJobs.status !== 'online') return false;
    this.effects.send(job.client, { type: 'signal', id: job.localId, signal }, job);
    return true;
  }

  find(id: LocalId, client: string): JobRecord | undefined {
    return this.jobs.find(this.ids.local(id), client);
  }

  /**
   * Rejects messages about jobs that a client cannot have: ids that were never assigned, are not sent yet, or are open
   * at other clients only. A forgotten id may belong to the client, so it may list it.
   * @throws SignalboxError `not_allowed`
   */
  checkOwn(id: MessageId, client: string, isListed: boolean): void {
    if (this.jobs.mayBeOf(client, this.ids.local(id), { newest: this.counter, isListed })) return;
    throw new SignalboxError('not_allowed', `${client} sent a message about job ${id}, which is not its own`);
  }

  /** All known jobs, oldest first. Old settled jobs are forgotten. */
  all(): Iterable<JobRecord> {
    return this.jobs.all();
  }

  /** All jobs without an outcome. */
  unsettled(): Iterable<JobRecord> {
    return this.jobs.unsettled();
  }

  /** A session has begun. `Reconciliation` documents this method and the next two. */
  sessionBegan(client: string, bootId: string): void {
    this.reconciliation.begin(client, bootId);
  }

  /** @throws SignalboxError `busy` if the client lists too many jobs. */
  listed(client: string, message: ListedJob, isStanding = false, origin: ListedOrigin = 'other', nowMs = 0): void {
    this.reconciliation.listed(client, message, { isStanding, origin, nowMs });
  }

  listingEnded(client: string, nowMs: number): void {
    this.reconciliation.end(client, nowMs);
    this.batches.clientIsOnline(client, nowMs);
  }

  /** The connection has ended. `Absence` documents this method and the next two. */
  sessionEnded(client: string, nowMs: number): void {
    this.absence.sessionEnded(client, nowMs);
  }

  clientGone(client: string, why: string, mayReturn = false): void {
    this.absence.clientGone(client, why, mayReturn);
  }

  forgive(gapMs: number, nowMs: number): void {
    this.absence.forgive(gapMs, nowMs);
    this.batches.forgive(gapMs);
  }

  accepted(client: string, id: MessageId, nowMs: number): void {
    const job = this.find(id, client);
    if (!job) return;
    this.transitions.accepted(job, nowMs);
    this.sendQueue.sendWaiting(job.clientJobs, nowMs);
  }

  /**
   * `Emissions` documents this method and the next three.
   * @throws SignalboxError `bad_message` if it exceeds the credit.
   */
  output(client: string, message: Message<FromClient, 'output'>): void {
    this.emissions.output(client, message);
  }

  records(client: string, message: Message<FromClient, 'records'>, contract?: CommandContract): void {
    this.emissions.records(client, message, contract);
  }

  outputFull(client: string, message: Message<FromClient, 'output-full'>): void {
    this.emissions.outputFull(client, message);
  }

  progress(client: string, message: Message<FromClient, 'progress'>): void {
    this.emissions.progress(client, message);
  }

  /** The client's answer, from `result` or `rejected`. It is always acked. */
  answered(client: string, id: MessageId, settlement: Settlement, nowMs: number, outputEnd?: OutputEnd): void {
    const job = this.find(id, client);
    if (job && job.state !== 'settled') {
      if (settlement.outcome !== 'rejected') this.transitions.accepted(job, nowMs);
      this.transitions.settled(job, settlement, outputEnd);
    } else if (job?.isMissed) this.transitions.late(job, settlement, outputEnd);
    else this.effects.send(client, { type: 'ack', ids: [job?.localId ?? id] }, job);
    if (!job) return;
    this.sendQueue.sendWaiting(job.clientJobs, nowMs);
    this.batches.goOn(job.submission, nowMs);
  }

  /** The client has received the command before, and can neither run nor answer it. */
  stale(client: string, id: MessageId, nowMs: number): void {
    const job = this.find(id, client);
    if (!job || job.state === 'settled') return;
    this.answered(
      client,
      id,
      settlementFor('lost', 'lost', `${client} received it before and no longer has it`),
      nowMs,
    );
  }

  /** The news have left this process, so the client may forget what they are about. */
  taken(job: JobRecord, news: JobNews): void {
    if (news.type === 'output' || news.type === 'records') this.emissions.taken(job, news);
    // A `lost` job is acked only when its real outcome arrives.
    else if (news.type === 'late' || (news.type === 'settled' && news.settlement.outcome !== 'lost')) {
      this.transitions.written(job);
    }
  }

  /** Forgets submissions that nobody has seen, as if they had never been made. */
  withdraw(submissions: readonly Submission<JobRecord>[], nowMs: number): void {
    const jobs = submissions.flatMap((submission) => submission.all());
    for (const job of jobs) this.transitions.withdrawn(job);
    for (const clientJobs of new Set(jobs.map((job) => job.clientJobs))) this.sendQueue.sendWaiting(clientJobs, nowMs);
  }

  /** Restores jobs from a store. See `Restoration`. */
  restore(former: FormerSubmission, nowMs: number): JobRecord[] {
    return this.restoration.restore(former, nowMs);
  }

  /**
   * A command that waited for the store is about to be sent.
   * @returns whether it must still be sent to the current session of its client. If not, reconciliation sends it.
   */
  leaves(job: JobRecord, nowMs: number): boolean {
    const { state, bootId, clientJobs } = job;
    if (state !== 'sent' || clientJobs.status !== 'online' || bootId !== clientJobs.sessionBootId) return false;
    this.transitions.sent(job, nowMs);
    return true;
  }

  /** Settles expired commands, and jobs of clients that have been away for too long. */
  tick(nowMs: number): void {
    this.absence.settleAbandoned();
    this.sendQueue.expireWaiting(this.jobs.expiring, nowMs);
    this.absence.tick(nowMs);
    this.batches.tick(nowMs);
  }

  private nextId(): number {
    this.counter += 1;
    return this.counter;
  }

  private readonly nextNumber = (): number => this.number++;
}
