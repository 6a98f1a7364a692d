import type { FromServer, Message, WireError } from '../../schemas/index.ts';
import { limits } from '../../schemas/limits.ts';
import type { ClientJobs } from './client-jobs.ts';
import type { JobEffects } from './job-effects.ts';
import type { JobRecord } from './job-record.ts';
import type { SecretUse } from './secret-use.ts';
import { settlementFor } from './settlement.ts';
import type { Submission } from './submission.ts';
import type { Transitions } from './transitions.ts';

/**
 * Maximum number of unanswered commands. One is reserved for `terminate`, so that a client that answers nothing can be
 * ended.
 */
const window = limits.maxUnacceptedCommands - 1;

/** @returns the arguments to send, or why a secret is not available. */
export type FillSecrets = (
  command: string,
  args: Readonly<Record<string, unknown>>,
  secrets: readonly SecretUse[],
) => { readonly args: Record<string, unknown> } | { readonly error: WireError };

const noSecrets: FillSecrets = () => ({ error: { code: 'not_allowed', message: 'this server has no secrets' } });

/** Sends each client its commands in order, up to the maximum of unanswered ones. Settles expired commands. */
export class SendQueue {
  private readonly effects: JobEffects;
  private readonly transitions: Transitions;
  private readonly fillSecrets: FillSecrets;
  private newestOf: Submission<JobRecord> | undefined;
  private newest: Message<FromServer, 'command'> | undefined;

  constructor(effects: JobEffects, transitions: Transitions, fillSecrets = noSecrets) {
    this.effects = effects;
    this.transitions = transitions;
    this.fillSecrets = fillSecrets;
  }

  /** Sends a job if it is its turn, otherwise queues it. `terminate` is sent at once. */
  enqueue(clientJobs: ClientJobs<JobRecord>, job: JobRecord, nowMs: number): void {
    const { waiting, status, unanswered } = clientJobs;
    if (waiting.size >= limits.maxWaitingCommands) {
      const text = `${limits.maxWaitingCommands} commands already wait for ${clientJobs.client}`;
      this.transitions.settled(job, settlementFor('rejected', 'busy', text));
      return;
    }
    const isItsTurn =
      job.command === 'terminate'
        ? unanswered < limits.maxUnacceptedCommands
        : unanswered < window && waiting.size === 0;
    if (status === 'online' && isItsTurn) this.send(job, nowMs);
    else {
      this.transitions.waits(job);
      this.sendWaiting(clientJobs, nowMs);
    }
  }

  /** Sends a job again in its turn. An earlier server may have left more such jobs than a client accepts at once. */
  sendAgain(clientJobs: ClientJobs<JobRecord>, job: JobRecord): void {
    clientJobs.again ??= new Set();
    clientJobs.again.add(job);
  }

  /** Sends waiting commands up to the maximum, first those that are sent again. */
  sendWaiting(clientJobs: ClientJobs<JobRecord>, nowMs: number): void {
    const { again } = clientJobs;
    for (const job of again ?? []) {
      if (clientJobs.status !== 'online' || clientJobs.unanswered - (again?.size ?? 0) >= window) return;
      again?.delete(job);
      // As for `expired`, the client decides about a job of an earlier server: the command arrives cancelled, or is
      // stale.
      if (job.cancelRequested) this.effects.send(job.client, { type: 'cancel', id: job.localId }, job);
      this.send(job, nowMs);
    }
    clientJobs.again = undefined;
    while (clientJobs.status === 'online' && clientJobs.unanswered < window) {
      const { first } = clientJobs.waiting;
      if (!first) return;
      // This removes it from the queue: it is either sent or expired.
      this.send(first, nowMs);
    }
  }

  /** Sends a job for the first time, or again because it never arrived. */
  send(job: JobRecord, nowMs: number): void {
    let sentMs = nowMs;
    if (job.isExpiredAt(nowMs)) {
      // A restored store may not know that a job of an earlier server has run. Its client does, and refuses to start an
      // expired one.
      if (!job.isEarlier || job.state === 'waiting') {
        this.expire(job);
        return;
      }
      sentMs = job.expiresAtMs ?? nowMs;
    }
    const message = this.messageFor(job, sentMs);
    if (message.type === 'error') {
      // As above, a job that an earlier server sent may have run.
      const outcome = job.isEarlier && job.state !== 'waiting' ? 'lost' : 'rejected';
      this.transitions.settled(job, settlementFor(outcome, message.code, message.message));
      return;
    }
    this.transitions.sent(job, nowMs);
    this.effects.send(job.client, message, job);
  }

  /** Settles waiting commands that have expired. */
  expireWaiting(jobs: Iterable<JobRecord>, nowMs: number): void {
    for (const job of jobs) if (job.isExpiredAt(nowMs)) this.expire(job);
  }

  /** Whether a command would be sent at once. */
  isFree({ status, waiting, unanswered }: ClientJobs<JobRecord>): boolean {
    return status === 'online' && waiting.size === 0 && unanswered < window;
  }

  private expire(job: JobRecord): void {
    const why = job.isVacant ? 'no client could accept it' : 'it was not started';
    this.transitions.settled(job, settlementFor('expired', 'expired', `${why} before it expired`));
  }

  /** All clients of a command share one message, so that it is encoded once. */
  private messageFor(
    job: JobRecord,
    nowMs: number,
  ): Message<FromServer, 'command'> | ({ readonly type: 'error' } & WireError) {
    const { submission } = job;
    const isShared = job.sentAs === undefined;
    if (isShared && this.newestOf === submission && this.newest?.sentMs === nowMs) return this.newest;
    const { command: name, timeoutMs, expiresAtMs, traceparent, standing, secrets } = submission;
    const filled = secrets ? this.fillSecrets(name, submission.args, secrets) : submission;
    if ('error' in filled) return { type: 'error', ...filled.error };
    const { args } = filled;
    const message = {
      type: 'command',
      id: job.localId,
      name,
      args,
      sentMs: nowMs,
      expiresInMs: expiresAtMs === undefined ? undefined : expiresAtMs - nowMs,
      timeoutMs,
      traceparent,
      standing: standing ? true : undefined,
    } as const;
    if (isShared) {
      this.newestOf = submission;
      this.newest = message;
    }
    return message;
  }
}
