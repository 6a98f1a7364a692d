import { type FromClient, limits, type Message, SignalboxError } from '../../schemas/index.ts';
import { JobRecord, settlementFor } from './job-record.ts';
import type { JobEffects } from './job-table.ts';
import type { JobsByClient } from './jobs-by-client.ts';
import type { SendQueue } from './send-queue.ts';
import type { Settling } from './settle.ts';

/** The begin of a session: a client says which jobs it holds, and what it was sent before is kept, adopted, sent again or lost. */
export class Reconciliation {
  private readonly bootId: string;
  private readonly accounts: JobsByClient;
  private readonly outcomes: Settling;
  private readonly sendQueue: SendQueue;
  private readonly effects: JobEffects;

  constructor(options: {
    bootId: string;
    accounts: JobsByClient;
    outcomes: Settling;
    sendQueue: SendQueue;
    effects: JobEffects;
  }) {
    this.bootId = options.bootId;
    this.accounts = options.accounts;
    this.outcomes = options.outcomes;
    this.sendQueue = options.sendQueue;
    this.effects = options.effects;
  }

  /**
   * A session has begun. A hello settles nothing: it may be the last word of a process that has died since, let through late
   * by its line. That another process has come is certain when it answers, which it does by listing.
   */
  begin(client: string, bootId: string): void {
    const account = this.accounts.of(client);
    account.sessionBootId = bootId;
    account.status = 'syncing';
    for (const entry of account.unsettled.values()) entry.listed = false;
  }

  /**
   * A line of what the client holds.
   * @throws SignalboxError `busy` where it claims more than it can have.
   */
  listed(client: string, message: Message<FromClient, 'job'>): void {
    const { id, state, outcome, offsets, taken } = message;
    const entry = this.accounts.find(id, client) ?? this.adopt(client, message);
    if (!entry) {
      // Settled so long ago that it is forgotten here. A running one is asked for its result, which is then acked.
      if (state === 'running') this.effects.send(client, { type: 'fetch', id, from: offsets });
      else this.outcomes.ack(id, client);
      return;
    }
    entry.listed = true;
    entry.outputFull = false;
    if (taken && (taken.stdout !== undefined || taken.stderr !== undefined)) entry.receivedOutput.takenElsewhere(taken);
    if (entry.state === 'settled' && (entry.settlement?.outcome !== 'lost' || entry.late)) {
      // Not yet written: the ack follows when it is.
      if (entry.written) this.outcomes.ack(id, client);
      return;
    }
    if (outcome !== 'rejected') this.outcomes.accepted(entry);
    this.effects.send(client, { type: 'fetch', id, from: entry.received });
  }

  /**
   * The client has said all that it holds. What was sent and is not listed never arrived: it is sent again. Sent to an earlier
   * process of this client it may have run there: it is lost.
   */
  end(client: string, nowMs: number): void {
    const account = this.accounts.of(client);
    const isRestarted = account.bootId !== undefined && account.bootId !== account.sessionBootId;
    account.bootId = account.sessionBootId;
    account.status = 'online';
    for (const entry of [...account.unsettled.values()]) {
      if (entry.state === 'waiting' || entry.listed) {
        if (entry.cancelRequested) this.effects.send(client, { type: 'cancel', id: entry.id });
      } else if (isRestarted) {
        this.outcomes.settle(entry, settlementFor('lost', 'lost', `${client} was restarted`));
      } else if (entry.state === 'accepted') {
        this.outcomes.settle(entry, settlementFor('lost', 'lost', `${client} no longer knows of this job`));
      } else if (entry.cancelRequested) {
        this.outcomes.settle(entry, settlementFor('cancelled', 'cancelled', 'cancelled before it arrived'));
      } else this.sendQueue.sendAgain(entry, nowMs);
    }
    this.sendQueue.sendWaiting(account, nowMs);
  }

  /** A job of another server is taken over; one of this server that is not known was settled long ago. */
  private adopt(client: string, { id, command }: Message<FromClient, 'job'>): JobRecord | undefined {
    if (id.startsWith(`${this.bootId}.`)) return undefined;
    const account = this.accounts.of(client);
    if (account.adopted >= limits.maxAdoptedJobs) {
      throw new SignalboxError('busy', `${client} claims more than ${limits.maxAdoptedJobs} jobs of other servers`);
    }
    const entry = new JobRecord({ id, client, command, kind: 'data', args: {}, adopted: true });
    account.adopt(entry);
    return entry;
  }
}
