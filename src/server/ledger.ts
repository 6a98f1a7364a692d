import {
  type ErrorCode,
  type FromClient,
  type FromServer,
  type JobSignal,
  limits,
  type Message,
  type Outcome,
  SignalboxError,
  type Stream,
} from '../../schemas/index.ts';
import { Abandoned } from './abandoned.ts';
import { Account } from './account.ts';
import { History } from './history.ts';
import { Entry, type Settlement, settlementFor } from './ledger-entry.ts';

/** How many commands may be unanswered. One place is kept free for `terminate`: a client that answers nothing can be ended. */
const window = limits.maxUnacceptedCommands - 1;

/** What the ledger makes known of a job. */
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
    }
  | { readonly type: 'progress'; readonly fraction: number; readonly note?: string | undefined };

/** What the ledger does to the world. Both are called synchronously. */
export interface LedgerEffects {
  send(client: string, message: FromServer): void;
  /** `written` is called when the news has left this process: only then the client may forget it. */
  tell(entry: Entry, news: JobNews, written: () => void): void;
}

export interface Submission {
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly args: Record<string, unknown>;
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
export class Ledger {
  private readonly bootId: string;
  private readonly effects: LedgerEffects;
  private readonly lostAfterMs: number;
  private readonly accounts = new Map<string, Account>();
  private readonly history = new History();
  /** Ids of this server that some client has not settled, with the number of those. */
  private readonly open = new Map<string, number>();
  private readonly abandoned = new Abandoned();
  private counter = 0;
  private newest: Message<FromServer, 'command'> | undefined;

  constructor(options: { bootId: string; lostAfterMs: number; effects: LedgerEffects }) {
    this.bootId = options.bootId;
    this.lostAfterMs = options.lostAfterMs;
    this.effects = options.effects;
  }

  /** The id of the next line: the same for each client that it goes to. */
  nextId(): string {
    this.counter += 1;
    return `${this.bootId}.${this.counter}`;
  }

  submit(id: string, client: string, submission: Submission, nowMs: number): Entry {
    const { expiresInMs, ...fields } = submission;
    const expiresAtMs = expiresInMs === undefined ? undefined : nowMs + expiresInMs;
    const entry = new Entry({ ...fields, id, client, expiresAtMs });
    const account = this.account(client);
    account.unsettled.set(id, entry);
    this.open.set(id, (this.open.get(id) ?? 0) + 1);
    // The caller gets the entry before any news of it.
    if (account.status === 'offline') {
      this.settle(entry, settlementFor('rejected', 'offline', `${client} is not connected`));
      return entry;
    }
    const isOnline = account.status === 'online';
    if (entry.command === 'terminate') {
      // What waits would only be refused.
      this.abandon(account, 'cancelled', 'cancelled', 'the client was terminated before it was sent');
    }
    if (account.waiting.size >= limits.maxWaitingCommands) {
      const text = `${limits.maxWaitingCommands} commands wait for ${client} already`;
      this.settle(entry, settlementFor('rejected', 'busy', text));
    } else if (entry.command === 'terminate' && isOnline && account.unanswered < limits.maxUnacceptedCommands) {
      this.sendFirst(account, entry, nowMs);
    } else {
      account.waiting.add(entry);
      if (expiresAtMs !== undefined) account.expiring.add(entry);
      this.pump(account, nowMs);
    }
    return entry;
  }

  /** A job that waits here is cancelled at once; else its client is asked to. */
  cancel(entry: Entry): void {
    if (entry.state === 'settled') return;
    if (entry.state === 'waiting') {
      this.settle(entry, settlementFor('cancelled', 'cancelled', 'cancelled before it was sent'));
      return;
    }
    entry.cancelRequested = true;
    if (this.account(entry.client).status === 'online') {
      this.effects.send(entry.client, { type: 'cancel', id: entry.id });
    }
  }

  /** @returns whether it runs, and its client was there to be sent it. */
  signal(entry: Entry, signal: JobSignal): boolean {
    if (entry.state !== 'accepted' || this.account(entry.client).status !== 'online') return false;
    this.effects.send(entry.client, { type: 'signal', id: entry.id, signal });
    return true;
  }

  find(id: string, client: string): Entry | undefined {
    return this.accounts.get(client)?.unsettled.get(id) ?? this.history.get(id, client);
  }

  /**
   * A client may speak of its own jobs only: one of an id that was never given out, or that another has open, lies. An id that
   * has been forgotten here may be its own: what a client lists it may have held since then.
   * @throws SignalboxError `not_allowed`
   */
  checkOwn(id: string, client: string, isListed: boolean): void {
    if (!id.startsWith(`${this.bootId}.`) || this.find(id, client)) return;
    const isGivenOut = Number(id.slice(this.bootId.length + 1)) <= this.counter;
    if (isGivenOut && (isListed || !this.open.has(id))) return;
    throw new SignalboxError('not_allowed', `${client} spoke of job ${id}, which is not its own`);
  }

  /** All jobs that are known, oldest first: settled ones as far as they are kept. */
  *entries(): Generator<Entry> {
    yield* this.history.all();
    yield* this.unsettled();
  }

  /** Those that have no outcome yet. */
  *unsettled(): Generator<Entry> {
    for (const account of this.accounts.values()) yield* account.unsettled.values();
  }

  /**
   * A session has begun. A hello settles nothing: it may be the last word of a process that has died since, let through late
   * by its line. That another process has come is certain when it answers, which it does by listing.
   */
  sessionBegan(client: string, bootId: string): void {
    const account = this.account(client);
    account.sessionBootId = bootId;
    account.status = 'syncing';
    for (const entry of account.unsettled.values()) entry.listed = false;
  }

  /**
   * A line of what the client holds.
   * @throws SignalboxError `busy` where it claims more than it can have.
   */
  listed(client: string, message: Message<FromClient, 'job'>): void {
    const account = this.account(client);
    const { id, command, state } = message;
    let entry = account.unsettled.get(id) ?? this.history.get(id, client);
    if (!entry && !id.startsWith(`${this.bootId}.`)) {
      if (account.adopted >= limits.maxAdoptedJobs) {
        throw new SignalboxError('busy', `${client} claims more than ${limits.maxAdoptedJobs} jobs of other servers`);
      }
      account.adopted += 1;
      entry = new Entry({ id, client, command, kind: 'data', args: {}, adopted: true });
      entry.state = 'sent';
      account.unanswered += 1;
      account.unsettled.set(id, entry);
    }
    if (!entry) {
      // Settled so long ago that it is forgotten here. A running one is asked for its result, which is then acked.
      this.effects.send(client, state === 'running' ? { type: 'fetch', id, from: message.offsets } : ackOf(id));
      return;
    }
    entry.listed = true;
    if (entry.state === 'settled' && (entry.settlement?.outcome !== 'lost' || entry.late)) {
      // Not yet written: the ack follows when it is.
      if (entry.written) this.effects.send(client, ackOf(id));
      return;
    }
    if (message.outcome !== 'rejected') this.noteAccepted(account, entry, undefined);
    this.effects.send(client, { type: 'fetch', id, from: entry.received });
  }

  /**
   * The client has said all that it holds. What was sent and is not listed never arrived: it is sent again. Sent to an earlier
   * process of this client it may have run there: it is lost.
   */
  listingEnded(client: string, nowMs: number): void {
    const account = this.account(client);
    const isRestarted = account.bootId !== undefined && account.bootId !== account.sessionBootId;
    account.bootId = account.sessionBootId;
    account.status = 'online';
    for (const entry of [...account.unsettled.values()]) {
      if (entry.state === 'waiting' || entry.listed) {
        if (entry.cancelRequested) this.effects.send(client, { type: 'cancel', id: entry.id });
      } else if (isRestarted) {
        this.settle(entry, settlementFor('lost', 'lost', `${client} was restarted`));
      } else if (entry.state === 'accepted') {
        this.settle(entry, settlementFor('lost', 'lost', `${client} no longer knows of this job`));
      } else if (entry.cancelRequested) {
        this.settle(entry, settlementFor('cancelled', 'cancelled', 'cancelled before it arrived'));
      } else this.transmit(account, entry, nowMs);
    }
    this.pump(account, nowMs);
  }

  /** The connection has ended: that settles nothing. */
  sessionEnded(client: string, nowMs: number): void {
    const account = this.account(client);
    account.status = 'offline';
    account.offlineSinceMs = nowMs;
  }

  /** The client will not come back with what it had. */
  clientGone(client: string, why: string): void {
    const account = this.account(client);
    account.status = 'offline';
    this.loseSent(account, why);
    this.abandon(account, 'rejected', 'offline', why);
    this.settleAbandoned();
    if (account.unsettled.size === 0) this.accounts.delete(client);
  }

  accepted(client: string, id: string, nowMs: number): void {
    const account = this.account(client);
    const entry = account.unsettled.get(id);
    if (entry) this.noteAccepted(account, entry, nowMs);
    this.pump(account, nowMs);
  }

  output(client: string, message: Message<FromClient, 'output'>): void {
    const { id, stream, offset } = message;
    const entry = this.account(client).unsettled.get(id) ?? this.history.get(id, client);
    const end = offset + message.data.length;
    const ack = () => this.effects.send(client, { type: 'output-ack', id, stream, offset: end });
    const received = entry?.receivedOf(stream) ?? 0;
    if (!entry || entry.state === 'settled' || end <= received) {
      ack();
      return;
    }
    const lostBytes = Math.max(0, offset - received);
    const data = Buffer.from(message.data.subarray(Math.max(0, received - offset)));
    entry.append(stream, data, lostBytes);
    this.effects.tell(entry, { type: 'output', stream, offset: end - data.length, data, lostBytes }, ack);
  }

  progress(client: string, message: Message<FromClient, 'progress'>): void {
    const entry = this.account(client).unsettled.get(message.id);
    if (!entry) return;
    const { fraction, note } = message;
    entry.progress = { fraction, note };
    this.effects.tell(entry, { type: 'progress', fraction, note }, () => {});
  }

  /** The client's answer: `result`, or `rejected` as one. It is acked in every case. */
  answered(client: string, id: string, settlement: Settlement, nowMs: number): void {
    const account = this.account(client);
    const entry = account.unsettled.get(id);
    if (entry) {
      if (settlement.outcome !== 'rejected') this.noteAccepted(account, entry, nowMs);
      this.settle(entry, settlement);
    } else this.answeredAgain(client, id, settlement);
    this.pump(account, nowMs);
  }

  private answeredAgain(client: string, id: string, settlement: Settlement): void {
    const settled = this.history.get(id, client);
    if (settled?.settlement?.outcome === 'lost' && !settled.late) {
      settled.late = settlement;
      this.effects.tell(settled, { type: 'late', settlement }, () => this.written(settled));
    } else this.effects.send(client, ackOf(id));
  }

  /** Settles what is past its time: commands that were never sent, and jobs of clients that stay away. */
  tick(nowMs: number): void {
    this.settleAbandoned();
    for (const account of this.accounts.values()) {
      for (const entry of account.expiring) if (isExpired(entry, nowMs)) this.settle(entry, expired());
      if (account.status === 'offline' && nowMs - account.offlineSinceMs > this.lostAfterMs) {
        this.clientGone(account.client, `${account.client} has been away for ${Math.round(this.lostAfterMs / 1000)} s`);
      }
    }
  }

  private account(client: string): Account {
    let account = this.accounts.get(client);
    if (!account) {
      account = new Account(client);
      this.accounts.set(client, account);
    }
    return account;
  }

  /** Sends what waits, in order, while few enough are unanswered. */
  private pump(account: Account, nowMs: number): void {
    while (account.status === 'online' && account.unanswered < window) {
      const entry = account.takeWaiting();
      if (!entry) return;
      if (isExpired(entry, nowMs)) this.settle(entry, expired());
      else this.sendFirst(account, entry, nowMs);
    }
  }

  private sendFirst(account: Account, entry: Entry, nowMs: number): void {
    account.expiring.delete(entry);
    account.unanswered += 1;
    this.transmit(account, entry, nowMs);
  }

  private transmit(account: Account, entry: Entry, nowMs: number): void {
    if (isExpired(entry, nowMs)) {
      this.settle(entry, expired());
      return;
    }
    entry.state = 'sent';
    entry.sentAtMs = nowMs;
    this.effects.send(account.client, this.messageFor(entry, nowMs));
  }

  /** The same object for all clients that a line goes to at one time: it is encoded once. */
  private messageFor(entry: Entry, nowMs: number): Message<FromServer, 'command'> {
    const { id, command: name, args, timeoutMs, expiresAtMs, traceparent } = entry;
    const { newest } = this;
    if (newest?.id === id && newest.sentMs === nowMs) return newest;
    const expiresInMs = expiresAtMs === undefined ? undefined : expiresAtMs - nowMs;
    this.newest = { type: 'command', id, name, args, sentMs: nowMs, expiresInMs, timeoutMs, traceparent };
    return this.newest;
  }

  /** Nothing that waits for this client will be sent. It is settled soon, from the next tick on. */
  private abandon(account: Account, outcome: Outcome, code: ErrorCode, why: string): void {
    this.abandoned.add(account.takeAllWaiting(), settlementFor(outcome, code, why));
  }

  private settleAbandoned(): void {
    this.abandoned.settleSome((entry, settlement) => this.settle(entry, settlement));
  }

  private loseSent(account: Account, why: string): void {
    for (const entry of [...account.unsettled.values()]) {
      if (entry.state !== 'waiting') this.settle(entry, settlementFor('lost', 'lost', why));
    }
  }

  private noteAccepted(account: Account, entry: Entry, nowMs: number | undefined): void {
    if (entry.state !== 'sent' && entry.state !== 'waiting') return;
    if (entry.state === 'sent') account.unanswered -= 1;
    entry.state = 'accepted';
    if (nowMs !== undefined) {
      entry.acceptedAtMs = nowMs;
      if (entry.sentAtMs !== undefined) entry.roundTripMs = nowMs - entry.sentAtMs;
    }
    this.effects.tell(entry, { type: 'accepted' }, () => {});
  }

  private settle(entry: Entry, settlement: Settlement): void {
    const account = this.account(entry.client);
    if (entry.state === 'sent') account.unanswered -= 1;
    if (entry.adopted) account.adopted -= 1;
    account.waiting.delete(entry);
    account.expiring.delete(entry);
    account.unsettled.delete(entry.id);
    const open = this.open.get(entry.id) ?? 0;
    if (open > 1) this.open.set(entry.id, open - 1);
    else this.open.delete(entry.id);
    entry.state = 'settled';
    entry.settlement = settlement;
    this.history.add(entry);
    this.effects.tell(entry, { type: 'settled', settlement }, () => {
      // The client knows nothing of being lost: what it may forget is what it says later.
      if (settlement.outcome !== 'lost') this.written(entry);
    });
  }

  /** What the client said of how it ended has left this process. */
  private written(entry: Entry): void {
    entry.written = true;
    if (entry.sentAtMs === undefined && !entry.adopted) return;
    this.effects.send(entry.client, ackOf(entry.id));
  }
}

const ackOf = (id: string): FromServer => ({ type: 'ack', ids: [id] });
const expired = (): Settlement => settlementFor('expired', 'expired', 'it was not started in the time it was given');
const isExpired = ({ expiresAtMs }: Entry, nowMs: number): boolean => expiresAtMs !== undefined && nowMs >= expiresAtMs;
