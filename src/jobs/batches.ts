import type { Batch } from './batch.ts';
import type { LocalId } from './job-id.ts';
import type { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import type { SendQueue } from './send-queue.ts';
import { settlementFor } from './settlement.ts';
import type { Submission } from './submission.ts';
import type { Transitions } from './transitions.ts';

/**
 * Sends submissions to a limited number of clients at once. A job that waits for its turn is held: it is in no queue of
 * its client. Connected clients go first, so absent ones do not take up places. The job of an absent client waits for
 * its return until it expires, or while others are being sent; otherwise it is rejected.
 */
export class Batches {
  private readonly jobs: KnownJobs;
  private readonly transitions: Transitions;
  private readonly sendQueue: SendQueue;
  private readonly reconnectWaitMs: number;
  private readonly freshId: (id: LocalId) => LocalId;

  constructor(options: {
    jobs: KnownJobs;
    transitions: Transitions;
    sendQueue: SendQueue;
    reconnectWaitMs: number;
    /** Returns the id itself if it is the newest one, otherwise a new one. */
    freshId: (id: LocalId) => LocalId;
  }) {
    this.jobs = options.jobs;
    this.transitions = options.transitions;
    this.sendQueue = options.sendQueue;
    this.reconnectWaitMs = options.reconnectWaitMs;
    this.freshId = options.freshId;
  }

  /** Sends as many jobs as there is room for, or stops if there were too many failures. */
  goOn(submission: Submission<JobRecord>, nowMs: number): void {
    const { batch } = submission;
    const held = batch && this.jobs.held.get(submission);
    if (!held) return;
    let next = held.first;
    while (next && batch.hasRoom) {
      const job = next;
      next = job.next;
      if (job.clientJobs.status !== 'online') continue;
      this.transitions.held.release(job);
      this.jobs.sendAs(job, this.freshId(submission.localId));
      this.sendQueue.enqueue(job.clientJobs, job, nowMs);
    }
    if (batch.isStopped) this.stop(submission);
    else if (held.size + batch.underWay === 0) this.jobs.held.delete(submission);
  }

  /** The client accepts commands again. */
  clientIsOnline(client: string, nowMs: number): void {
    for (const submission of this.jobs.held.keys()) {
      if (submission.jobOf(client)?.isHeld) this.goOn(submission, nowMs);
    }
  }

  tick(nowMs: number): void {
    for (const [submission, held] of this.jobs.held) {
      this.goOn(submission, nowMs);
      // All remaining clients are absent.
      if (submission.batch?.hasRoom) this.giveUp(held, submission.batch, nowMs);
      if (submission.batch?.isStopped) this.stop(submission);
    }
  }

  /** Disregards a gap during which no client could return. */
  forgive(gapMs: number): void {
    for (const { batch } of this.jobs.held.keys()) if (batch) batch.patientUntilMs += gapMs;
  }

  private giveUp(held: Iterable<JobRecord>, batch: Batch, nowMs: number): void {
    for (const job of [...held]) {
      if (batch.isStopped) return;
      if (job.expiresAtMs === undefined && this.isGivenUp(job, nowMs)) this.reject(job);
    }
  }

  /** Cancels the rest, because there were too many failures. */
  private stop(submission: Submission<JobRecord>): void {
    const { failures = 0, maxFailures = 0 } = submission.batch ?? {};
    const failed = failures === 1 ? '1 client has failed' : `${failures} clients have failed`;
    const why = `${failed}; the maximum is ${maxFailures}`;
    const settlement = settlementFor('cancelled', 'not_sent', why);
    for (const job of submission.all()) {
      if (job.state === 'waiting' && !job.isHeld) this.transitions.settled(job, settlement);
    }
    this.jobs.abandoned.add(this.jobs.heldOf(submission), settlement);
    this.jobs.held.delete(submission);
    this.jobs.abandoned.settleSome((job, why) => this.transitions.settled(job, why));
  }

  /** A client that has returned and is listing its jobs is still waited for. */
  private isGivenUp({ submission, clientJobs }: JobRecord, nowMs: number): boolean {
    if (clientJobs.isConnected) return false;
    const untilMs = Math.max(submission.batch?.patientUntilMs ?? 0, clientJobs.offlineSinceMs + this.reconnectWaitMs);
    return nowMs >= untilMs;
  }

  private reject(job: JobRecord): void {
    this.transitions.settled(job, settlementFor('rejected', 'offline', 'it was not connected when its turn came'));
  }
}
