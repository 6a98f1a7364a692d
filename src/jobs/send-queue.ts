import { type FromServer, limits, type Message } from '../../schemas/index.ts';
import type { ClientJobs } from './client-jobs.ts';
import type { JobEffects } from './job-effects.ts';
import type { LocalId } from './job-id.ts';
import type { JobRecord } from './job-record.ts';
import { settlementFor } from './settlement.ts';
import type { Transitions } from './transitions.ts';

/**
 * Maximum of unanswered commands. One place is reserved for `terminate`, so that a client that answers nothing can be
 * ended.
 */
const window = limits.maxUnacceptedCommands - 1;

/** Sends each client its commands in order, up to the limit of unanswered ones. Expired commands are settled. */
export class SendQueue {
  private readonly effects: JobEffects;
  private readonly transitions: Transitions;
  private newest: { localId: LocalId; message: Message<FromServer, 'command'> } | undefined;

  constructor(effects: JobEffects, transitions: Transitions) {
    this.effects = effects;
    this.transitions = transitions;
  }

  /** Queues a job, or sends it if it is its turn; `terminate` is sent at once. */
  enqueue(clientJobs: ClientJobs, job: JobRecord, nowMs: number): void {
    if (clientJobs.waiting.size >= limits.maxWaitingCommands) {
      const text = `${limits.maxWaitingCommands} commands wait for ${clientJobs.client} already`;
      this.transitions.settled(job, settlementFor('rejected', 'busy', text));
      return;
    }
    const overtakes = job.command === 'terminate' && clientJobs.status === 'online';
    if (overtakes && clientJobs.unanswered < limits.maxUnacceptedCommands) {
      this.send(job, nowMs);
      return;
    }
    clientJobs.waiting.add(job);
    if (job.expiresAtMs !== undefined) clientJobs.expiring.add(job);
    this.sendWaiting(clientJobs, nowMs);
  }

  /** Sends waiting commands up to the limit. */
  sendWaiting(clientJobs: ClientJobs, nowMs: number): void {
    while (clientJobs.status === 'online' && clientJobs.unanswered < window) {
      const job = clientJobs.takeWaiting();
      if (!job) return;
      clientJobs.expiring.delete(job);
      this.send(job, nowMs);
    }
  }

  /** Sends a job for the first time, or again if it never arrived. */
  send(job: JobRecord, nowMs: number): void {
    if (job.isExpiredAt(nowMs)) {
      this.expire(job);
      return;
    }
    this.transitions.sent(job, nowMs);
    this.effects.send(job.client, this.messageFor(job, nowMs));
  }

  /** Settles waiting commands that have expired. */
  expireWaiting(clientJobs: ClientJobs, nowMs: number): void {
    for (const job of clientJobs.expiring) if (job.isExpiredAt(nowMs)) this.expire(job);
  }

  private expire(job: JobRecord): void {
    this.transitions.settled(job, settlementFor('expired', 'expired', 'it was not started in the time it was given'));
  }

  /** Reuses one object for all clients of a command, so that it is encoded once. */
  private messageFor(job: JobRecord, nowMs: number): Message<FromServer, 'command'> {
    const { localId, command: name, args, timeoutMs, expiresAtMs, traceparent } = job;
    if (this.newest?.localId === localId && this.newest.message.sentMs === nowMs) return this.newest.message;
    const expiresInMs = expiresAtMs === undefined ? undefined : expiresAtMs - nowMs;
    const message = {
      type: 'command',
      id: job.id,
      name,
      args,
      sentMs: nowMs,
      expiresInMs,
      timeoutMs,
      traceparent,
    } as const;
    this.newest = { localId, message };
    return message;
  }
}
