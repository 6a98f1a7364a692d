import type { ErrorCode, Outcome } from '../../schemas/index.ts';
import type { ClientJobs } from './client-jobs.ts';
import type { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import type { SendQueue } from './send-queue.ts';
import { settlementFor } from './settlement.ts';
import type { Transitions } from './transitions.ts';

/** Maximum number settled at once, because more would block the event loop. */
const maxAtOnce = 2_000;

const hasTime = ({ expiresAtMs }: JobRecord): boolean => expiresAtMs !== undefined;
const never = () => false;

/**
 * The jobs of absent clients. Commands submitted meanwhile wait for their return. After a while, sent jobs become lost or
 * unreachable, and waiting jobs are rejected.
 */
export class Absence {
  private readonly jobs: KnownJobs;
  private readonly transitions: Transitions;
  private readonly sendQueue: SendQueue;
  private readonly isRecoverable: (command: string) => boolean;
  private readonly lostAfterMs: number;
  private readonly recoverWithinMs: number;
  private readonly reconnectWaitMs: number;

  constructor(options: {
    jobs: KnownJobs;
    transitions: Transitions;
    sendQueue: SendQueue;
    isRecoverable: (command: string) => boolean;
    lostAfterMs: number;
    recoverWithinMs: number;
    reconnectWaitMs: number;
  }) {
    this.jobs = options.jobs;
    this.transitions = options.transitions;
    this.sendQueue = options.sendQueue;
    this.isRecoverable = options.isRecoverable;
    this.lostAfterMs = options.lostAfterMs;
    this.recoverWithinMs = options.recoverWithinMs;
    this.reconnectWaitMs = options.reconnectWaitMs;
  }

  /**
   * Submits a command to an absent client. It waits until it expires; without an expiry, for a reconnect.
   * @param hasEnded no reconnect is expected.
   */
  submitted(job: JobRecord, nowMs: number, hasEnded: boolean): void {
    if (!hasTime(job) && (hasEnded || this.reconnectWaitMs <= 0)) {
      this.transitions.settled(job, settlementFor('rejected', 'offline', `${job.client} is not connected`));
      return;
    }
    this.sendQueue.enqueue(job.clientJobs, job, nowMs);
    if (!hasTime(job) && job.state === 'waiting') this.jobs.awaitingReturn.set(job, nowMs + this.reconnectWaitMs);
  }

  /** The connection has ended. This settles nothing, because the client may return. */
  sessionEnded(client: string, nowMs: number): void {
    const clientJobs = this.jobs.of(client);
    clientJobs.status = 'offline';
    clientJobs.offlineSinceMs = nowMs;
    this.jobs.absent.add(clientJobs);
  }

  /**
   * The client process has ended, and its jobs with it.
   * @param mayReturn whether another process with this name may come in time for commands that have an expiry.
   */
  clientGone(client: string, why: string, mayReturn: boolean): void {
    const clientJobs = this.jobs.of(client);
    clientJobs.status = 'offline';
    this.jobs.absent.add(clientJobs);
    for (const job of [...clientJobs.sent]) this.transitions.settled(job, settlementFor('lost', 'lost', why));
    this.dropWaiting(clientJobs, mayReturn ? hasTime : never, why);
  }

  /** Disregards a gap during which this process was stopped and no client could return. */
  forgive(gapMs: number, nowMs: number): void {
    for (const clientJobs of this.jobs.absent) {
      clientJobs.offlineSinceMs = Math.min(nowMs, clientJobs.offlineSinceMs + gapMs);
    }
    const { awaitingReturn } = this.jobs;
    for (const [job, untilMs] of awaitingReturn) {
      awaitingReturn.set(job, Math.min(nowMs + this.reconnectWaitMs, untilMs + gapMs));
    }
  }

  /** Settles the jobs of clients that have been away too long. */
  tick(nowMs: number): void {
    this.rejectUnreturned(nowMs);
    for (const clientJobs of this.jobs.absent) {
      const awayMs = nowMs - clientJobs.offlineSinceMs;
      if (clientJobs.status === 'offline' && awayMs > this.lostAfterMs) this.staysAway(clientJobs);
      if (clientJobs.status === 'away' && awayMs > this.recoverWithinMs) this.giveUp(clientJobs);
      if (clientJobs.status !== 'offline') this.jobs.deleteIfEmpty(clientJobs);
    }
  }

  /** Abandons all commands that wait for this client. They are settled from the next tick on. */
  abandon(clientJobs: ClientJobs<JobRecord>, outcome: Outcome, code: ErrorCode, why: string): void {
    this.jobs.abandoned.add(clientJobs.takeWaiting(never), settlementFor(outcome, code, why));
  }

  /** Settles the next batch of abandoned commands. */
  settleAbandoned(): void {
    this.jobs.abandoned.settleSome((job, settlement) => this.transitions.settled(job, settlement));
  }

  /** The client may still return with its standing and recoverable jobs, and in time for commands with an expiry. */
  private staysAway(clientJobs: ClientJobs<JobRecord>): void {
    clientJobs.status = 'away';
    const why = awayFor(clientJobs, this.lostAfterMs);
    const isWaitedFor = this.recoverWithinMs > this.lostAfterMs;
    for (const job of [...clientJobs.sent]) {
      const outlives = job.takenUp || this.isRecoverable(job.command);
      if (job.standing || (outlives && isWaitedFor)) this.transitions.unreachable(job, why);
      else this.transitions.settled(job, settlementFor('lost', 'lost', why));
    }
    const { awaitingReturn } = this.jobs;
    this.dropWaiting(clientJobs, (job) => hasTime(job) || awaitingReturn.has(job), why);
  }

  /** The client may still return with its standing jobs. */
  private giveUp(clientJobs: ClientJobs<JobRecord>): void {
    clientJobs.status = 'given-up';
    const why = awayFor(clientJobs, this.recoverWithinMs);
    for (const job of [...clientJobs.sent]) {
      if (!job.standing) this.transitions.settled(job, settlementFor('lost', 'lost', why));
    }
  }

  private rejectUnreturned(nowMs: number): void {
    let left = maxAtOnce;
    for (const [job, untilMs] of this.jobs.awaitingReturn) {
      if (nowMs < untilMs || left === 0) return;
      left -= 1;
      const why = `it is not connected, and did not connect within ${this.reconnectWaitMs / 1_000} s`;
      this.transitions.settled(job, settlementFor('rejected', 'offline', why));
    }
  }

  private dropWaiting(clientJobs: ClientJobs<JobRecord>, stays: (job: JobRecord) => boolean, why: string): void {
    this.jobs.abandoned.add(clientJobs.takeWaiting(stays), settlementFor('rejected', 'offline', why));
    this.settleAbandoned();
    this.jobs.deleteIfEmpty(clientJobs);
  }
}

const awayFor = ({ client }: ClientJobs<JobRecord>, ms: number): string =>
  `${client} has been away for ${Math.round(ms / 1000)} s`;
