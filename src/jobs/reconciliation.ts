import { SignalboxError } from '../../schemas/errors.ts';
import type { FromClient, Message, Offsets } from '../../schemas/index.ts';
import { limits } from '../../schemas/limits.ts';
import type { ClientJobs } from './client-jobs.ts';
import type { JobEffects } from './job-effects.ts';
import { counterOf, epochOf, type JobIds, type LocalId } from './job-id.ts';
import { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import type { SendQueue } from './send-queue.ts';
import { settlementFor } from './settlement.ts';
import { type Origin, Submission } from './submission.ts';
import type { Transitions } from './transitions.ts';
import { unknownBoot } from './unknown-boot.ts';

/** One job of a client's list. */
export type ListedJob = Message<FromClient, 'job'>;

/** The origin of a listed job that is not in the table. `settled`: it was settled a long time ago. */
export type ListedOrigin = Origin | 'settled';

/** Begins sessions. The client lists its jobs, and earlier ones are kept, adopted, sent again or lost. */
export class Reconciliation {
  private readonly ids: JobIds;
  private readonly jobs: KnownJobs;
  private readonly transitions: Transitions;
  private readonly sendQueue: SendQueue;
  private readonly effects: JobEffects;
  private readonly nextNumber: () => number;

  constructor(options: {
    ids: JobIds;
    jobs: KnownJobs;
    transitions: Transitions;
    sendQueue: SendQueue;
    effects: JobEffects;
    nextNumber: () => number;
  }) {
    this.ids = options.ids;
    this.jobs = options.jobs;
    this.transitions = options.transitions;
    this.sendQueue = options.sendQueue;
    this.effects = options.effects;
    this.nextNumber = options.nextNumber;
  }

  /**
   * A session has begun. A hello settles nothing, because it may be a late message of a process that has since died.
   * Only the list proves that there is a new process.
   */
  begin(client: string, bootId: string): void {
    const clientJobs = this.jobs.of(client);
    clientJobs.sessionBootId = bootId;
    clientJobs.status = 'syncing';
    clientJobs.again = undefined;
    this.jobs.absent.delete(clientJobs);
    for (const job of clientJobs.sent) this.transitions.unlisted(job);
    const { awaitingReturn } = this.jobs;
    if (awaitingReturn.size > 0) for (const job of clientJobs.waiting) awaitingReturn.delete(job);
  }

  /**
   * One job of the client's list.
   * @param options.isStanding whether the command, if this server knows it, always runs until somebody ends it.
   * @throws SignalboxError `busy` if the client lists too many jobs.
   */
  listed(
    client: string,
    message: ListedJob,
    options: { isStanding: boolean; origin: ListedOrigin; nowMs: number },
  ): void {
    const { id, state, outcome, offsets, taken, recordsTaken } = message;
    const localId = this.ids.local(id);
    const job = this.jobs.find(localId, client) ?? this.adopt(client, localId, message, options);
    if (!job) {
      // Settled and forgotten here. If it is running, its result is requested and then acked.
      if (state === 'running') this.effects.send(client, { type: 'fetch', id, from: offsets });
      else this.effects.send(client, { type: 'ack', ids: [id] });
      return;
    }
    this.transitions.listed(job);
    if (taken && (taken.stdout !== undefined || taken.stderr !== undefined)) job.receivedOutput.takenElsewhere(taken);
    if (recordsTaken !== undefined) job.receivedRecords.takenElsewhere(recordsTaken);
    if (job.state === 'settled' && !job.isMissed) {
      // If the outcome has not been written yet, the ack follows later.
      if (job.written) this.effects.send(client, { type: 'ack', ids: [job.localId] });
      return;
    }
    if (outcome !== 'rejected') this.transitions.accepted(job);
    this.fetch(job, job.received);
    if (job.isMissed && job.cancelRequested && state === 'running') this.cancel(job);
  }

  /**
   * The list is complete. Jobs that were sent but not listed never arrived and are sent again. If they were sent to an
   * earlier process of the client, that process may have run them, so they are lost. The arguments of adopted jobs are
   * unknown here.
   */
  end(client: string, nowMs: number): void {
    const clientJobs = this.jobs.of(client);
    clientJobs.status = 'online';
    for (const job of byId(clientJobs.sent)) {
      if (job.listed) {
        if (job.cancelRequested) this.cancel(job);
      } else if (job.bootId !== clientJobs.sessionBootId) {
        this.transitions.settled(job, settlementFor('lost', 'lost', lossOf(job, `${client} was restarted`)));
      } else if (job.isAccepted || job.adopted) {
        this.transitions.settled(job, settlementFor('lost', 'lost', `${client} no longer has this job`));
      } else if (job.cancelRequested && !job.isEarlier) {
        this.transitions.settled(job, settlementFor('cancelled', 'cancelled', 'cancelled before it arrived'));
      } else {
        this.transitions.reachable(job);
        this.sendQueue.sendAgain(clientJobs, job);
      }
    }
    this.insertWaiting(clientJobs);
    this.sendQueue.sendWaiting(clientJobs, nowMs);
  }

  /**
   * Moves waiting jobs ahead of later jobs that are sent again. An earlier server stored a job with an expiry as not
   * sent, and the jobs behind it as sent. Its client only accepts the ids of an epoch in ascending order.
   */
  private insertWaiting(clientJobs: ClientJobs<JobRecord>): void {
    const { again, waiting } = clientJobs;
    if (!again || waiting.size === 0) return;
    const newest = new Map<string, number>();
    for (const { localId } of again) {
      const epoch = epochOf(localId);
      newest.set(epoch, Math.max(newest.get(epoch) ?? 0, counterOf(localId)));
    }
    const earlier = [...waiting].filter(({ localId }) => counterOf(localId) < (newest.get(epochOf(localId)) ?? 0));
    if (earlier.length === 0) return;
    for (const job of earlier) this.transitions.leavesQueue(job);
    clientJobs.again = new Set([...earlier, ...again].sort(byCounter));
  }

  /** Adopts a job of another server. An unknown job of this server was settled long ago. */
  private adopt(
    client: string,
    localId: LocalId,
    listed: ListedJob,
    { isStanding, origin, nowMs }: { isStanding: boolean; origin: ListedOrigin; nowMs: number },
  ): JobRecord | undefined {
    if (typeof localId === 'number' || origin === 'settled') return undefined;
    const clientJobs = this.jobs.of(client);
    if (clientJobs.claimed >= limits.maxAdoptedJobs) {
      throw new SignalboxError('busy', `${client} lists more than ${limits.maxAdoptedJobs} jobs of other servers`);
    }
    const { command, standing = isStanding, takenUp = false } = listed;
    const submitted = { command, kind: 'data', args: {}, standing, origin } as const;
    const options = { nowMs, clients: 1, number: this.nextNumber() };
    const submission = new Submission<JobRecord>(this.ids, localId, submitted, options);
    const job = new JobRecord(submission, clientJobs);
    this.transitions.adopted(job, takenUp);
    return job;
  }

  private cancel(job: JobRecord): void {
    this.effects.send(job.client, { type: 'cancel', id: job.localId }, job);
  }

  private fetch(job: JobRecord, from: Offsets): void {
    job.fetched();
    const records = job.nextRecord;
    this.effects.send(job.client, { type: 'fetch', id: job.localId, from, ...(records > 0 && { records }) });
  }
}

/** In the order of their ids, in which they were sent. A store orders places by submission. */
function byId(sent: Iterable<JobRecord>): JobRecord[] {
  const jobs = [...sent];
  if (jobs.every(({ sentAs }) => sentAs === undefined)) return jobs;
  return jobs.sort(byCounter);
}

const byCounter = (a: JobRecord, b: JobRecord): number => counterOf(a.localId) - counterOf(b.localId);

const lossOf = ({ bootId, client }: JobRecord, why: string): string =>
  bootId === unknownBoot ? `it is from an older copy of the store, and ${client} may have received it since` : why;
