import { isPlaceName } from '../place-name.ts';
import { ClientJobs } from './client-jobs.ts';
import type { JobIds } from './job-id.ts';
import { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import { type Settlement, settlementFor } from './settlement.ts';
import { Submission, type Submitted } from './submission.ts';
import type { Transitions } from './transitions.ts';
import { unknownBoot } from './unknown-boot.ts';

/** A stored submission with some of its jobs. */
export interface FormerSubmission {
  /** The whole id. */
  readonly id: string;
  readonly number: number;
  /** In ms since the epoch. */
  readonly submittedAtMs: number;
  readonly submitted: Submitted;
  readonly jobs: readonly FormerJob[];
}

export interface FormerJob {
  /** Name of its client or of the place. */
  readonly client: string;
  readonly place?: number | undefined;
  /** The whole id under which its client knows it, if it differs from that of the submission. */
  readonly sentAs?: string | undefined;
  /** Undefined if it was not sent. See `unknownBoot`. */
  readonly bootId: string | undefined;
  readonly vouched?: Readonly<Record<string, string>> | undefined;
  readonly takenUp: boolean;
  readonly cancelRequested: boolean;
  readonly settledAtMs: number | undefined;
  readonly settlement: Settlement | undefined;
  readonly late: Settlement | undefined;
}

/**
 * Restores jobs from a store. A sent job stays with the client process that it was sent to. An unsent job waits if it
 * has an expiry or waits for its turn in a batch; otherwise it is rejected.
 */
export class Restoration {
  private readonly ids: JobIds;
  private readonly jobs: KnownJobs;
  private readonly transitions: Transitions;
  private readonly lostAfterMs: number;

  constructor(options: { ids: JobIds; jobs: KnownJobs; transitions: Transitions; lostAfterMs: number }) {
    this.ids = options.ids;
    this.jobs = options.jobs;
    this.transitions = options.transitions;
    this.lostAfterMs = options.lostAfterMs;
  }

  /** @returns its jobs, in the same order. */
  restore({ id, number, submittedAtMs, submitted, jobs }: FormerSubmission, nowMs: number): JobRecord[] {
    const localId = this.ids.local(id);
    const clients = jobs.filter(({ settlement }) => !settlement).length;
    const options = { nowMs, clients, number, submittedAtMs, patienceMs: this.lostAfterMs };
    const submission = this.jobs.submission(localId) ?? new Submission(this.ids, localId, submitted, options);
    return jobs.map((job) => this.jobs.find(localId, job.client) ?? this.job(submission, job, nowMs));
  }

  private job(submission: Submission<JobRecord>, former: FormerJob, nowMs: number): JobRecord {
    const isVacant = isPlaceName(former.client);
    const clientJobs = isVacant ? new ClientJobs<JobRecord>(former.client) : this.jobs.of(former.client);
    const job = new JobRecord(submission, clientJobs);
    if (former.place !== undefined) job.details.place = former.place;
    if (former.sentAs !== undefined) job.details.sentAs = this.ids.local(former.sentAs);
    if (former.vouched) job.details.vouched = former.vouched;
    if (former.takenUp) job.details.takenUp = true;
    if (former.cancelRequested) job.details.cancelRequested = true;
    const { bootId, settledAtMs, settlement, late } = former;
    if (settlement) {
      this.transitions.restoredAs(job, { bootId, settledAtMs, settlement, late });
      return job;
    }
    // The time until which its client may return begins now.
    if (!clientJobs.isConnected) clientJobs.offlineSinceMs = nowMs;
    this.transitions.restored(job, bootId);
    if (isVacant && bootId === unknownBoot) {
      const why = 'it is from an older copy of the store, and a client may have received it since';
      this.transitions.settled(job, settlementFor('lost', 'lost', why));
    } else if (bootId === undefined && job.expiresAtMs === undefined && !submission.batch) {
      this.transitions.settled(job, settlementFor('rejected', 'closed', 'the server ended before it was sent'));
    }
    return job;
  }
}
