import {
  type ErrorCode,
  type FromClient,
  type FromServer,
  type JobSignal,
  type Message,
  type Outcome,
  SignalboxError,
  type Stream,
} from '../../schemas/index.ts';
import { Abandoned } from './abandoned.ts';
import { JobRecord, type OutputEnd, type Settlement, settlementFor } from './job-record.ts';
import { JobsByClient } from './jobs-by-client.ts';
import type { JobsOfClient } from './jobs-of-client.ts';
import { Reconciliation } from './reconciliation.ts';
import { SendQueue } from './send-queue.ts';
import { Settling } from './settle.ts';

/** What the job table makes known of a job. */
export type JobNews =
  | { readonly type: 'accepted' }
  | { readonly type: 'settled'; readonly settlement: Settlement }
  /** A result that came after the job had been settled as lost: it changes nothing. */
  | { readonly type: 'late'; readonly settlement: Settlement }
  | {
      readonly type: 'output';
      readonly stream: Stream;
      readonly offset: number;
      readonly data: Uint8Array;
      readonly lostBytes: number;
      readonly takenBytes: number;
    }
  | { readonly type: 'progress'; readonly fraction: number; readonly note?: string | undefined };

/** What the job table does to the world. Both are called synchronously. */
export interface JobEffects {
  send(client: string, message: FromServer): void;
  /** `written` is called when the news has left this process: only then the client may forget it. */
  tell(entry: JobRecord, news: JobNews, written: () => void): void;
}

export interface Submission {
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly args: Record<string, unknown>;
  /** As the contract's `auditArgs` leaves them. Default: `args`. */
  readonly auditedArgs?: Readonly<Record<string, unknown>>;
  /** Who submits it. */
  readonly actor?: string;
  readonly expiresInMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly traceparent?: string | undefined;
}

/**
 * What is owed: every command that was sent gets exactly one outcome here, and a settled outcome never changes. It reads no
 * clock and no socket; the time comes as an argument.
 *
 * A client's account is `offline`, `syncing` (it says what it holds, nothing new is sent) or `online`.
 */
export class JobTable {
  private readonly bootId: string;
  private readonly effects: JobEffects;
  private readonly lostAfterMs: number;
  private readonly accounts = new JobsByClient();
  private readonly outcomes: Settling;
  private readonly sendQueue: SendQueue;
  private readonly listing: Reconciliation;
  private readonly abandoned = new Abandoned();
  private counter = 0;

  constructor(options: { bootId: string; lostAfterMs: number; effects: JobEffects }) {
    const { bootId, effects } = options;
    this.bootId = bootId;
    this.effects = effects;
    this.lostAfterMs = options.lostAfterMs;
    const { accounts } = this;
    const outcomes = new Settling(accounts, effects);
    const sendQueue = new SendQueue(effects, outcomes);
    this.outcomes = outcomes;
    this.sendQueue = sendQueue;
    this.listing = new Reconciliation({ bootId, accounts, outcomes, sendQueue, effects });
  }

  /** The id of the next line: the same for each client that it goes to. */
  nextId(): string {
    this.counter += 1;
    return `${this.bootId}.${this.counter}`;
  }

  submit(id: string, client: string, submission: Submission, nowMs: number): JobRecord {
    const { expiresInMs, ...fields } = submission;
    const expiresAtMs = expiresInMs === undefined ? undefined : nowMs + expiresInMs;
    const entry = new JobRecord({ ...fields, id, client, expiresAtMs });
    const account = this.accounts.of(client);
    this.accounts.add(account, entry);
    // The caller gets the entry before any news of it.
    if (account.status === 'offline') {
      this.outcomes.settle(entry, settlementFor('rejected', 'offline', `${client} is not connected`));
      return entry;
    }
    if (entry.command === 'terminate') {
      // What waits would only be refused.
      this.abandon(account, 'cancelled', 'cancelled', 'the client was terminated before it was sent');
    }
    this.sendQueue.enqueue(account, entry, nowMs);
    return entry;
  }

  /** A job that waits here is cancelled at once; else its client is asked to. */
  cancel(entry: JobRecord): void {
    if (entry.state === 'settled') return;
    if (entry.state === 'waiting') {
      this.outcomes.settle(entry, settlementFor('cancelled', 'cancelled', 'cancelled before it was sent'));
      return;
    }
    entry.cancelRequested = true;
    if (this.accounts.of(entry.client).status === 'online') {
      this.effects.send(entry.client, { type: 'cancel', id: entry.id });
    }
  }

  /** @returns whether its client has it, or is about to, and was there to be sent the signal. */
  signal(entry: JobRecord, signal: JobSignal): boolean {
    // Frames keep their order: one for a job that was sent reaches its client after the job.
    const isSent = entry.state === 'accepted' || entry.state === 'sent';
    if (!isSent || this.accounts.of(entry.client).status !== 'online') return false;
    this.effects.send(entry.client, { type: 'signal', id: entry.id, signal });
    return true;
  }

  find(id: string, client: string): JobRecord | undefined {
    return this.accounts.find(id, client);
  }

  /**
   * A client may speak of its own jobs only: one of an id that was never given out, or that another has open, lies. An id that
   * has been forgotten here may be its own: what a client lists it may have held since then.
   * @throws SignalboxError `not_allowed`
   */
  checkOwn(id: string, client: string, isListed: boolean): void {
    if (!id.startsWith(`${this.bootId}.`) || this.find(id, client)) return;
    const isGivenOut = Number(id.slice(this.bootId.length + 1)) <= this.counter;
    if (isGivenOut && (isListed || !this.accounts.isOpen(id))) return;
    throw new SignalboxError('not_allowed', `${client} spoke of job ${id}, which is not its own`);
  }

  /** All jobs that are known, oldest first: settled ones as far as they are kept. */
  all(): Iterable<JobRecord> {
    return this.accounts.entries();
  }

  /** Those that have no outcome yet. */
  unsettled(): Iterable<JobRecord> {
    return this.accounts.unsettled();
  }

  /** A session has begun: see `Reconciliation` for this and the next two. */
  sessionBegan(client: string, bootId: string): void {
    this.listing.begin(client, bootId);
  }

  /** @throws SignalboxError `busy` where the client claims more than it can have. */
  listed(client: string, message: Message<FromClient, 'job'>): void {
    this.listing.listed(client, message);
  }

  listingEnded(client: string, nowMs: number): void {
    this.listing.end(client, nowMs);
  }

  /** The connection has ended: that settles nothing. */
  sessionEnded(client: string, nowMs: number): void {
    const account = this.accounts.of(client);
    account.status = 'offline';
    account.offlineSinceMs = nowMs;
  }

  /** The client will not come back with what it had. */
  clientGone(client: string, why: string): void {
    const account = this.accounts.of(client);
    account.status = 'offline';
    this.loseSent(account, why);
    this.abandon(account, 'rejected', 'offline', why);
    this.settleAbandoned();
    this.accounts.deleteIfEmpty(account);
  }

  accepted(client: string, id: string, nowMs: number): void {
    const account = this.accounts.of(client);
    const entry = account.unsettled.get(id);
    if (entry) this.outcomes.accepted(entry, nowMs);
    this.sendQueue.sendWaiting(account, nowMs);
  }

  output(client: string, message: Message<FromClient, 'output'>): void {
    const { id, stream, offset } = message;
    const entry = this.find(id, client);
    const end = offset + message.data.length;
    const ack = () => this.effects.send(client, { type: 'output-ack', id, stream, offset: end });
    const received = entry?.received[stream] ?? 0;
    if (!entry || entry.state === 'settled' || end <= received) {
      ack();
      return;
    }
    const missing = entry.receivedOutput.skipTo(stream, offset);
    const data = Buffer.from(message.data.subarray(Math.max(0, received - offset)));
    entry.receivedOutput.append(stream, data);
    this.effects.tell(entry, { type: 'output', stream, offset: end - data.length, data, ...missing }, ack);
  }

  /** Whether the program of a job waits for its output to be taken. */
  outputFull(client: string, { id, full }: Message<FromClient, 'output-full'>): void {
    const entry = this.accounts.of(client).unsettled.get(id);
    if (entry) entry.outputFull = full;
  }

  progress(client: string, message: Message<FromClient, 'progress'>): void {
    const entry = this.accounts.of(client).unsettled.get(message.id);
    if (!entry) return;
    const { fraction, note } = message;
    entry.progress = { fraction, note };
    this.effects.tell(entry, { type: 'progress', fraction, note }, () => {});
  }

  /** The client's answer: `result`, or `rejected` as one. It is acked in every case. */
  answered(client: string, id: string, settlement: Settlement, nowMs: number, outputEnd: OutputEnd = {}): void {
    const account = this.accounts.of(client);
    const entry = account.unsettled.get(id);
    if (entry) {
      if (settlement.outcome !== 'rejected') this.outcomes.accepted(entry, nowMs);
      this.outcomes.settle(entry, settlement, outputEnd);
    } else this.outcomes.answeredAgain(id, client, settlement, outputEnd);
    this.sendQueue.sendWaiting(account, nowMs);
  }

  /** This process was stopped for `gapMs`: nobody could come back in that time. */
  forgive(gapMs: number, nowMs: number): void {
    for (const account of this.accounts.all()) {
      account.offlineSinceMs = Math.min(nowMs, account.offlineSinceMs + gapMs);
    }
  }

  /** Settles what is past its time: commands that were never sent, and jobs of clients that stay away. */
  tick(nowMs: number): void {
    this.settleAbandoned();
    for (const account of this.accounts.all()) {
      this.sendQueue.expireWaiting(account, nowMs);
      if (account.status === 'offline' && nowMs - account.offlineSinceMs > this.lostAfterMs) {
        this.clientGone(account.client, `${account.client} has been away for ${Math.round(this.lostAfterMs / 1000)} s`);
      }
    }
  }

  /** Nothing that waits for this client will be sent. It is settled soon, from the next tick on. */
  private abandon(account: JobsOfClient, outcome: Outcome, code: ErrorCode, why: string): void {
    this.abandoned.add(account.takeAllWaiting(), settlementFor(outcome, code, why));
  }

  private settleAbandoned(): void {
    this.abandoned.settleSome((entry, settlement) => this.outcomes.settle(entry, settlement));
  }

  private loseSent(account: JobsOfClient, why: string): void {
    for (const entry of [...account.unsettled.values()]) {
      if (entry.state !== 'waiting') this.outcomes.settle(entry, settlementFor('lost', 'lost', why));
    }
  }
}
