import type { ErrorCode, Outcome } from '../../schemas/index.ts';
import type { ClientJobs } from './client-jobs.ts';
import type { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import { settlementFor } from './settlement.ts';
import type { Transitions } from './transitions.ts';

/** Settles the jobs of absent clients: sent jobs become lost or unreachable, waiting jobs are rejected. */
export class Absence {
  private readonly jobs: KnownJobs;
  private readonly transitions: Transitions;
  private readonly lostAfterMs: number;

  constructor(options: { jobs: KnownJobs; transitions: Transitions; lostAfterMs: number }) {
    this.jobs = options.jobs;
    this.transitions = options.transitions;
    this.lostAfterMs = options.lostAfterMs;
  }

  /** The connection has ended. This settles nothing: the client may return. */
  sessionEnded(client: string, nowMs: number): void {
    const clientJobs = this.jobs.of(client);
    clientJobs.status = 'offline';
    clientJobs.offlineSinceMs = nowMs;
    this.jobs.absent.add(clientJobs);
  }

  /** The client has ended, and its jobs with it. */
  clientGone(client: string, why: string): void {
    const clientJobs = this.jobs.of(client);
    clientJobs.status = 'offline';
    this.jobs.absent.add(clientJobs);
    for (const job of [...clientJobs.sent]) this.transitions.settled(job, settlementFor('lost', 'lost', why));
    this.dropWaiting(clientJobs, 'all', why);
  }

  /** Does not count `gapMs`, in which this process was stopped and no client could return. */
  forgive(gapMs: number, nowMs: number): void {
    for (const clientJobs of this.jobs.absent) {
      clientJobs.offlineSinceMs = Math.min(nowMs, clientJobs.offlineSinceMs + gapMs);
    }
  }

  /** Settles the jobs of clients that have been away too long. */
  tick(nowMs: number): void {
    for (const clientJobs of this.jobs.absent) {
      if (clientJobs.status === 'offline' && nowMs - clientJobs.offlineSinceMs > this.lostAfterMs) {
        this.staysAway(clientJobs);
      } else if (clientJobs.status === 'away') this.jobs.deleteIfEmpty(clientJobs);
    }
  }

  /** Abandons all commands that wait for this client. They are settled from the next tick on. */
  abandon(clientJobs: ClientJobs<JobRecord>, outcome: Outcome, code: ErrorCode, why: string): void {
    this.jobs.abandoned.add(clientJobs.takeWaiting('all'), settlementFor(outcome, code, why));
  }

  /** Settles the next batch of abandoned commands. */
  settleAbandoned(): void {
    this.jobs.abandoned.settleSome((job, settlement) => this.transitions.settled(job, settlement));
  }

  /** The client may still return with its standing jobs, and in time for commands that have one. */
  private staysAway(clientJobs: ClientJobs<JobRecord>): void {
    clientJobs.status = 'away';
    const why = `${clientJobs.client} has been away for ${Math.round(this.lostAfterMs / 1000)} s`;
    for (const job of [...clientJobs.sent]) {
      if (job.standing) this.transitions.unreachable(job, why);
      else this.transitions.settled(job, settlementFor('lost', 'lost', why));
    }
    this.dropWaiting(clientJobs, 'untimed', why);
  }

  private dropWaiting(clientJobs: ClientJobs<JobRecord>, which: 'all' | 'untimed', why: string): void {
    this.jobs.abandoned.add(clientJobs.takeWaiting(which), settlementFor('rejected', 'offline', why));
    this.settleAbandoned();
    this.jobs.deleteIfEmpty(clientJobs);
  }
}
