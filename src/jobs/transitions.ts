import { countsAsFailure } from './batch.ts';
import type { ClientJobs } from './client-jobs.ts';
import { HeldJobs } from './held-jobs.ts';
import type { JobEffects } from './job-effects.ts';
import type { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import { endsOf, type OutputEnd, type SettledBefore, type Settlement, withLoss } from './settlement.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The only way to change a record: elsewhere its fields are readonly. */
const change = (job: JobRecord): Writable<JobRecord> => job;

const placed = { type: 'placed' } as const;
const accepted = { type: 'accepted' } as const;
const reachable = { type: 'reachable' } as const;
const noBytes = Buffer.alloc(0);

/** Returns the labels of a client that the keys vouch for; undefined if there are none. */
export type VouchedOf = (client: string) => Readonly<Record<string, string>> | undefined;

/**
 * Makes every change of a job, including its indexes, counts and news. The other files of this folder decide which
 * change to make.
 *
 * - `waiting`: submitted, but unknown to its client, or a place without a client. In a batch it is held until its turn.
 *   Cancel and expiry take effect immediately. A job without an expiry is bound to the current client process at once,
 *   if there is one, so that it can be sent in its turn without waiting for the store again.
 * - `sent`: it is unknown whether the command has arrived. The number of unanswered commands per client is limited.
 *   Adopted jobs begin in this state.
 * - `accepted`: its client has reported it, by `accepted`, in its list, or by an outcome.
 * - `unreachable`: a standing or recoverable job that was sent or accepted, and whose client is away. It returns to its
 *   previous state when the client lists it or receives it again.
 * - `settled`: it has its outcome, which never changes. Once the outcome is `written`, the client may forget the job.
 *   After `lost`, the client's own outcome is reported once, as `late`.
 */
export class Transitions {
  readonly held: HeldJobs;
  private readonly jobs: KnownJobs;
  private readonly effects: JobEffects;
  private readonly vouchedOf: VouchedOf;

  constructor(jobs: KnownJobs, effects: JobEffects, vouchedOf: VouchedOf = () => undefined) {
    this.held = new HeldJobs(jobs);
    this.jobs = jobs;
    this.effects = effects;
    this.vouchedOf = vouchedOf;
  }

  submitted(job: JobRecord): void {
    this.jobs.add(job);
    this.keepVouched(job);
    this.effects.changed?.(job, 'submitted');
  }

  /** Nobody has seen the job, so it is removed as if it had never been submitted. */
  withdrawn(job: JobRecord): void {
    this.held.ends(job);
    if (job.state === 'sent') this.isAnswered(job);
    else if (job.state === 'waiting') this.waitsNoMore(job);
    job.listener = undefined;
    this.jobs.forget(job);
  }

  /** An earlier server left the job without an outcome. @param bootId undefined if it was not sent. */
  restored(job: JobRecord, bootId: string | undefined): void {
    this.jobs.add(job);
    if (job.isVacant) {
      this.waitsForClient(job);
      return;
    }
    if (bootId === undefined) {
      if (job.submission.batch) this.held.hold(job);
      else this.waits(job);
      return;
    }
    this.held.restored(job);
    change(job).bootId = bootId;
    job.clientJobs.sent.add(job);
    this.isSent(job);
  }

  /** An earlier server settled the job. */
  restoredAs(job: JobRecord, { bootId, settledAtMs, settlement, late }: SettledBefore): void {
    const changed = change(job);
    changed.state = 'settled';
    changed.bootId = bootId;
    changed.settledAtMs = settledAtMs;
    changed.settlement = settlement;
    changed.written = true;
    if (late) job.details.late = late;
    this.jobs.restore(job);
  }

  /** The job cannot be sent yet. */
  waits(job: JobRecord): void {
    const { clientJobs } = job;
    clientJobs.waiting.add(job);
    if (job.expiresAtMs !== undefined) this.jobs.expiring.add(job);
    // Jobs of a batch are stored as not sent, so the store is updated when they are sent.
    else if (clientJobs.status === 'online' && !job.submission.batch) change(job).bootId = clientJobs.sessionBootId;
  }

  /** The place has no client yet. */
  waitsForClient(job: JobRecord): void {
    this.jobs.vacant.add(job);
    if (job.expiresAtMs !== undefined) this.jobs.expiring.add(job);
  }

  /** A place gets its client, once. The command is sent immediately. */
  placed(job: JobRecord, clientJobs: ClientJobs<JobRecord>): void {
    const place = job.client;
    this.jobs.vacant.delete(job);
    const changed = change(job);
    changed.clientJobs = clientJobs;
    changed.bootId = clientJobs.sessionBootId;
    this.keepVouched(job);
    this.jobs.placed(job, place);
    this.effects.changed?.(job, 'placed');
    this.effects.tell(job, placed);
  }

  adopted(job: JobRecord, isTakenUp: boolean): void {
    this.jobs.add(job);
    this.keepVouched(job);
    if (isTakenUp) job.details.takenUp = true;
    job.clientJobs.sent.add(job);
    this.isSent(job);
    change(job).bootId = job.clientJobs.sessionBootId;
    this.effects.changed?.(job, 'submitted');
  }

  /** The command is sent for the first time, or again because it never arrived. */
  sent(job: JobRecord, nowMs: number): void {
    if (job.state === 'waiting') this.leavesQueue(job);
    change(job).sentAtMs = nowMs;
  }

  /** @param nowMs undefined if it was accepted earlier. */
  accepted(job: JobRecord, nowMs?: number): void {
    if (job.state !== 'sent') return;
    const changed = change(job);
    this.isAnswered(job);
    changed.state = 'accepted';
    changed.isAccepted = true;
    if (nowMs !== undefined) changed.acceptedAtMs = nowMs;
    this.effects.tell(job, accepted);
  }

  unreachable(job: JobRecord, reason: string): void {
    if (job.state !== 'sent' && job.state !== 'accepted') return;
    if (job.state === 'sent') this.isAnswered(job);
    change(job).state = 'unreachable';
    this.effects.tell(job, { type: 'unreachable', reason });
  }

  reachable(job: JobRecord): void {
    if (job.state !== 'unreachable') return;
    if (job.isAccepted) change(job).state = 'accepted';
    else this.isSent(job);
    this.effects.tell(job, reachable);
  }

  cancelRequested(job: JobRecord): void {
    if (job.cancelRequested) return;
    job.details.cancelRequested = true;
    // A store does not record this for settled jobs.
    if (job.state !== 'settled') this.effects.changed?.(job, 'cancel-requested');
  }

  /** A session has begun, in which the client has not listed the job yet. */
  unlisted(job: JobRecord): void {
    change(job).listed = false;
  }

  listed(job: JobRecord): void {
    change(job).listed = true;
    // A restored store does not know that it was sent.
    if (job.state === 'waiting') this.leavesQueue(job);
    // Another process of the client has recovered it.
    if (job.state !== 'settled') this.bound(job);
    if (job.outputFull) job.details.outputFull = false;
    this.reachable(job);
  }

  outputFull(job: JobRecord, isFull: boolean): void {
    job.details.outputFull = isFull;
  }

  progressed(job: JobRecord, fraction: number, note: string | undefined): void {
    job.details.progress = { fraction, note };
    this.effects.tell(job, { type: 'progress', fraction, note });
  }

  /** Gives a job its outcome. This is the only place that does. Does nothing if it already has one. */
  settled(job: JobRecord, own: Settlement, outputEnd?: OutputEnd): void {
    if (job.state === 'settled') return;
    for (const [stream, offset] of endsOf(outputEnd)) {
      const missing = job.receivedOutput.skipTo(stream, offset);
      if (missing.lostBytes + missing.takenBytes === 0) continue;
      this.effects.tell(job, { type: 'output', stream, offset, data: noBytes, ...missing });
    }
    const end = outputEnd?.records ?? 0;
    if (end > job.nextRecord) this.effects.tell(job, { type: 'records', ...job.receivedRecords.take(end, []), end });
    const settlement = withLoss(own, job.lostOutput, outputEnd);
    const changed = change(job);
    this.held.ends(job);
    if (job.state === 'sent') this.isAnswered(job);
    else if (job.state === 'waiting') {
      this.waitsNoMore(job);
      changed.bootId = undefined;
    }
    changed.state = 'settled';
    changed.settlement = settlement;
    this.jobs.keep(job);
    this.effects.changed?.(job, 'settled');
    const { batch } = job.submission;
    if (batch && countsAsFailure(settlement.outcome)) {
      batch.failures += 1;
      this.effects.changed?.(job, 'batch');
    }
    this.effects.tell(job, { type: 'settled', settlement });
  }

  /** The outcome arrived after the job was settled as `lost`. */
  late(job: JobRecord, own: Settlement, outputEnd?: OutputEnd): void {
    // Output that arrives after `lost` is not reported.
    for (const [stream, offset] of endsOf(outputEnd)) job.receivedOutput.skipTo(stream, offset);
    const settlement = withLoss(own, job.lostOutput, outputEnd);
    job.details.late = settlement;
    this.effects.changed?.(job, 'late');
    this.effects.tell(job, { type: 'late', settlement });
  }

  /** The outcome has left this process. */
  written(job: JobRecord): void {
    change(job).written = true;
    // A job that was never sent needs no ack.
    if (job.bootId !== undefined) this.effects.send(job.client, { type: 'ack', ids: [job.localId] }, job);
  }

  /**
   * Stores the vouched labels with the job: they may change with other keys, but the record of the job must stay true.
   */
  private keepVouched(job: JobRecord): void {
    const vouched = this.vouchedOf(job.client);
    if (vouched) job.details.vouched = vouched;
  }

  /** The command is about to be sent, or waits to be sent again. */
  leavesQueue(job: JobRecord): void {
    if (job.isHeld) this.held.release(job);
    this.waitsNoMore(job);
    job.clientJobs.sent.add(job);
    this.isSent(job);
    this.bound(job);
  }

  private bound(job: JobRecord): void {
    const { sessionBootId } = job.clientJobs;
    if (job.bootId === sessionBootId) return;
    change(job).bootId = sessionBootId;
    this.effects.changed?.(job, 'bound');
  }

  private isSent(job: JobRecord): void {
    change(job).state = 'sent';
    job.clientJobs.unanswered += 1;
  }

  private isAnswered(job: JobRecord): void {
    const { clientJobs } = job;
    clientJobs.unanswered -= 1;
    clientJobs.again?.delete(job);
  }

  private waitsNoMore(job: JobRecord): void {
    if (job.isHeld) this.held.leave(job);
    if (this.jobs.vacant.size > 0) this.jobs.vacant.delete(job);
    if (job.expiresAtMs !== undefined) this.jobs.expiring.delete(job);
    else if (this.jobs.awaitingReturn.size > 0) this.jobs.awaitingReturn.delete(job);
  }
}
