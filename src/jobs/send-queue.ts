import { type FromServer, limits, type Message } from '../../schemas/index.ts';
import { type JobRecord, settlementFor } from './job-record.ts';
import type { JobEffects } from './job-table.ts';
import type { JobsOfClient } from './jobs-of-client.ts';
import type { Settling } from './settle.ts';

/** How many commands may be unanswered. One place is kept free for `terminate`: a client that answers nothing can be ended. */
const window = limits.maxUnacceptedCommands - 1;

/** Sends each client its commands, in order, as long as few enough are unanswered; what is past its time is settled instead. */
export class SendQueue {
  private readonly effects: JobEffects;
  private readonly outcomes: Settling;
  private newest: Message<FromServer, 'command'> | undefined;

  constructor(effects: JobEffects, outcomes: Settling) {
    this.effects = effects;
    this.outcomes = outcomes;
  }

  /** Sends it when it is its turn; `terminate` at once. */
  enqueue(account: JobsOfClient, entry: JobRecord, nowMs: number): void {
    if (account.waiting.size >= limits.maxWaitingCommands) {
      const text = `${limits.maxWaitingCommands} commands wait for ${account.client} already`;
      this.outcomes.settle(entry, settlementFor('rejected', 'busy', text));
      return;
    }
    const overtakes = entry.command === 'terminate' && account.status === 'online';
    if (overtakes && account.unanswered < limits.maxUnacceptedCommands) {
      this.sendFirst(account, entry, nowMs);
      return;
    }
    account.waiting.add(entry);
    if (entry.expiresAtMs !== undefined) account.expiring.add(entry);
    this.sendWaiting(account, nowMs);
  }

  /** As many as may be unanswered. */
  sendWaiting(account: JobsOfClient, nowMs: number): void {
    while (account.status === 'online' && account.unanswered < window) {
      const entry = account.takeWaiting();
      if (!entry) return;
      this.sendFirst(account, entry, nowMs);
    }
  }

  /** One that was sent and has never arrived. */
  sendAgain(entry: JobRecord, nowMs: number): void {
    if (entry.isExpiredAt(nowMs)) {
      this.expire(entry);
      return;
    }
    entry.sentAtMs = nowMs;
    this.effects.send(entry.client, this.messageFor(entry, nowMs));
  }

  /** Those that are past their time before they were sent. */
  expireWaiting(account: JobsOfClient, nowMs: number): void {
    for (const entry of account.expiring) if (entry.isExpiredAt(nowMs)) this.expire(entry);
  }

  private sendFirst(account: JobsOfClient, entry: JobRecord, nowMs: number): void {
    account.expiring.delete(entry);
    account.unanswered += 1;
    entry.state = 'sent';
    this.sendAgain(entry, nowMs);
  }

  private expire(entry: JobRecord): void {
    this.outcomes.settle(entry, settlementFor('expired', 'expired', 'it was not started in the time it was given'));
  }

  /** The same object for all clients that a line goes to at one time: it is encoded once. */
  private messageFor(entry: JobRecord, nowMs: number): Message<FromServer, 'command'> {
    const { id, command: name, args, timeoutMs, expiresAtMs, traceparent } = entry;
    const { newest } = this;
    if (newest?.id === id && newest.sentMs === nowMs) return newest;
    const expiresInMs = expiresAtMs === undefined ? undefined : expiresAtMs - nowMs;
    this.newest = { type: 'command', id, name, args, sentMs: nowMs, expiresInMs, timeoutMs, traceparent };
    return this.newest;
  }
}
