import { type FromClient, limits, type Message, SignalboxError } from '../../schemas/index.ts';
import type { JobEffects } from './job-effects.ts';
import type { JobIds, LocalId } from './job-id.ts';
import { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import type { SendQueue } from './send-queue.ts';
import { settlementFor } from './settlement.ts';
import type { Transitions } from './transitions.ts';

/** The begin of a session: a client says which jobs it holds, and what it was sent before is kept, adopted, sent again or lost. */
export class Reconciliation {
  private readonly ids: JobIds;
  private readonly jobs: KnownJobs;
  private readonly transitions: Transitions;
  private readonly sendQueue: SendQueue;
  private readonly effects: JobEffects;

  constructor(options: {
    ids: JobIds;
    jobs: KnownJobs;
    transitions: Transitions;
    sendQueue: SendQueue;
    effects: JobEffects;
  }) {
    this.ids = options.ids;
    this.jobs = options.jobs;
    this.transitions = options.transitions;
    this.sendQueue = options.sendQueue;
    this.effects = options.effects;
  }

  /**
   * A session has begun. A hello settles nothing: it may be the last word of a process that has died since, let through late
   * by its line. That another process has come is certain when it answers, which it does by listing.
   */
  begin(client: string, bootId: string): void {
    const clientJobs = this.jobs.of(client);
    clientJobs.sessionBootId = bootId;
    clientJobs.status = 'syncing';
    for (const job of clientJobs.unsettled.values()) this.transitions.unlisted(job);
  }

  /**
   * A line of what the client holds.
   * @param isStanding whether a job that is adopted by it is a standing one.
   * @throws SignalboxError `busy` where it claims more than it can have.
   */
  listed(client: string, message: Message<FromClient, 'job'>, isStanding: boolean): void {
    const { id, state, outcome, offsets, taken } = message;
    const localId = this.ids.local(id);
    const job = this.jobs.find(localId, client) ?? this.adopt(client, localId, message.command, isStanding);
    if (!job) {
      // Settled so long ago that it is forgotten here. A running one is asked for its result, which is then acked.
      if (state === 'running') this.effects.send(client, { type: 'fetch', id, from: offsets });
      else this.effects.send(client, { type: 'ack', ids: [id] });
      return;
    }
    this.transitions.listed(job);
    if (taken && (taken.stdout !== undefined || taken.stderr !== undefined)) job.receivedOutput.takenElsewhere(taken);
    if (job.state === 'settled' && (job.settlement?.outcome !== 'lost' || job.late)) {
      // Not yet written: the ack follows when it is.
      if (job.written) this.effects.send(client, { type: 'ack', ids: [id] });
      return;
    }
    if (outcome !== 'rejected') this.transitions.accepted(job);
    this.effects.send(client, { type: 'fetch', id, from: job.received });
  }

  /**
   * The client has said all that it holds. What was sent and is not listed never arrived: it is sent again. Sent to an earlier
   * process of this client it may have run there: it is lost.
   */
  end(client: string, nowMs: number): void {
    const clientJobs = this.jobs.of(client);
    const isRestarted = clientJobs.bootId !== undefined && clientJobs.bootId !== clientJobs.sessionBootId;
    clientJobs.bootId = clientJobs.sessionBootId;
    clientJobs.status = 'online';
    for (const job of [...clientJobs.unsettled.values()]) {
      if (job.state === 'waiting' || job.listed) {
        if (job.cancelRequested) this.effects.send(client, { type: 'cancel', id: job.id });
      } else if (isRestarted) {
        this.transitions.settled(job, settlementFor('lost', 'lost', `${client} was restarted`));
      } else if (job.isAccepted) {
        this.transitions.settled(job, settlementFor('lost', 'lost', `${client} no longer knows of this job`));
      } else if (job.cancelRequested) {
        this.transitions.settled(job, settlementFor('cancelled', 'cancelled', 'cancelled before it arrived'));
      } else {
        this.transitions.reachable(job);
        this.sendQueue.send(job, nowMs);
      }
    }
    this.sendQueue.sendWaiting(clientJobs, nowMs);
  }

  /** A job of another server is taken over; one of this server that is not known was settled long ago. */
  private adopt(client: string, localId: LocalId, command: string, standing: boolean): JobRecord | undefined {
    if (typeof localId === 'number') return undefined;
    if (this.jobs.of(client).adopted >= limits.maxAdoptedJobs) {
      throw new SignalboxError('busy', `${client} claims more than ${limits.maxAdoptedJobs} jobs of other servers`);
    }
    const { bootId } = this.ids;
    const job = new JobRecord({ localId, bootId, client, command, kind: 'data', args: {}, standing });
    this.transitions.adopted(job);
    return job;
  }
}
