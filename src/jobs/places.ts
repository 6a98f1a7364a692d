import { limits } from '../../schemas/limits.ts';
import { placeName } from '../place-name.ts';
import { ClientJobs } from './client-jobs.ts';
import type { LocalId } from './job-id.ts';
import { type JobListener, JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import type { SendQueue } from './send-queue.ts';
import { settlementFor } from './settlement.ts';
import type { Submission } from './submission.ts';
import type { Transitions } from './transitions.ts';

/** Jobs that wait for a suitable client. The caller decides which clients are suitable. */
export class Places {
  private readonly jobs: KnownJobs;
  private readonly transitions: Transitions;
  private readonly sendQueue: SendQueue;
  private readonly nextId: () => LocalId;

  constructor(options: {
    jobs: KnownJobs;
    transitions: Transitions;
    sendQueue: SendQueue;
    /** Counter of the next id. */
    nextId: () => LocalId;
  }) {
    this.jobs = options.jobs;
    this.transitions = options.transitions;
    this.sendQueue = options.sendQueue;
    this.nextId = options.nextId;
  }

  /** Places without a client, in order of submission. */
  get vacant(): ReadonlySet<JobRecord> {
    return this.jobs.vacant;
  }

  /** @param place its number, from 1. */
  submit(submission: Submission<JobRecord>, place: number, listener?: JobListener): JobRecord {
    const job = new JobRecord(submission, new ClientJobs(placeName(place)));
    job.details.place = place;
    job.listener = listener;
    this.transitions.submitted(job);
    const isFull = this.jobs.vacant.size >= limits.maxWaitingCommands;
    this.transitions.waitsForClient(job);
    if (isFull) {
      const text = `${limits.maxWaitingCommands} places already wait for a client`;
      this.transitions.settled(job, settlementFor('rejected', 'busy', text));
    }
    return job;
  }

  /** Whether a client would receive a command at once. */
  isFree(client: string): boolean {
    return this.sendQueue.isFree(this.jobs.of(client));
  }

  /** @returns whether the client has received the place and its command. */
  give(job: JobRecord, client: string, nowMs: number): boolean {
    if (!this.jobs.vacant.has(job) || job.isExpiredAt(nowMs)) return false;
    if (job.submission.hasHad(client) || !this.isFree(client)) return false;
    job.details.sentAs = this.nextId();
    this.transitions.placed(job, this.jobs.of(client));
    this.sendQueue.send(job, nowMs);
    return true;
  }
}
