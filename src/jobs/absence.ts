import type { ErrorCode, Outcome } from '../../schemas/index.ts';
import { Abandoned } from './abandoned.ts';
import type { ClientJobs } from './client-jobs.ts';
import type { KnownJobs } from './known-jobs.ts';
import { settlementFor } from './settlement.ts';
import type { Transitions } from './transitions.ts';

/** What becomes of the jobs of a client that is not there: what was sent is lost or unreachable, and what waits will not be sent. */
export class Absence {
  private readonly jobs: KnownJobs;
  private readonly transitions: Transitions;
  private readonly lostAfterMs: number;
  private readonly abandoned = new Abandoned();

  constructor(options: { jobs: KnownJobs; transitions: Transitions; lostAfterMs: number }) {
    this.jobs = options.jobs;
    this.transitions = options.transitions;
    this.lostAfterMs = options.lostAfterMs;
  }

  /** The connection has ended: that settles nothing. */
  sessionEnded(client: string, nowMs: number): void {
    const clientJobs = this.jobs.of(client);
    clientJobs.status = 'offline';
    clientJobs.offlineSinceMs = nowMs;
  }

  /** The client will not come back with what it had. */
  clientGone(client: string, why: string): void {
    const clientJobs = this.jobs.of(client);
    clientJobs.status = 'offline';
    for (const job of [...clientJobs.unsettled.values()]) {
      if (job.state !== 'waiting') this.transitions.settled(job, settlementFor('lost', 'lost', why));
    }
    this.dropWaiting(clientJobs, why);
  }

  /** This process was stopped for `gapMs`: nobody could come back in that time. */
  forgive(gapMs: number, nowMs: number): void {
    for (const clientJobs of this.jobs.clients()) {
      clientJobs.offlineSinceMs = Math.min(nowMs, clientJobs.offlineSinceMs + gapMs);
    }
  }

  /** Finds those that have stayed away too long. */
  tick(nowMs: number): void {
    for (const clientJobs of this.jobs.clients()) {
      if (clientJobs.status === 'offline' && nowMs - clientJobs.offlineSinceMs > this.lostAfterMs) {
        this.staysAway(clientJobs);
      } else if (clientJobs.status === 'away') this.jobs.deleteIfEmpty(clientJobs);
    }
  }

  /** Nothing that waits for this client will be sent. It is settled soon, from the next tick on. */
  abandon(clientJobs: ClientJobs, outcome: Outcome, code: ErrorCode, why: string): void {
    this.abandoned.add(clientJobs.takeAllWaiting(), settlementFor(outcome, code, why));
  }

  /** Settles the next of those that were abandoned. */
  settleAbandoned(): void {
    this.abandoned.settleSome((job, settlement) => this.transitions.settled(job, settlement));
  }

  /** It may come back, with its standing jobs. */
  private staysAway(clientJobs: ClientJobs): void {
    clientJobs.status = 'away';
    const why = `${clientJobs.client} has been away for ${Math.round(this.lostAfterMs / 1000)} s`;
    for (const job of [...clientJobs.unsettled.values()]) {
      if (job.standing) this.transitions.unreachable(job, why);
      else if (job.state !== 'waiting') this.transitions.settled(job, settlementFor('lost', 'lost', why));
    }
    this.dropWaiting(clientJobs, why);
  }

  private dropWaiting(clientJobs: ClientJobs, why: string): void {
    this.abandon(clientJobs, 'rejected', 'offline', why);
    this.settleAbandoned();
    this.jobs.deleteIfEmpty(clientJobs);
  }
}
