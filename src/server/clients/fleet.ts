import { labelValueSchema, limits, SignalboxError } from '../../../schemas/index.ts';
import { naturally } from '../../natural-order.ts';
import type { ClientAbout, StoredClient } from '../../store/stored-job.ts';
import type { EventBus } from '../event-bus.ts';
import type { Journal } from '../journal/journal.ts';
import type { Member, Roster } from './roster.ts';

/** An expected client that has never connected to this server. */
export interface Missing {
  readonly name: string;
  /** It has credentials for its exact name. */
  readonly isKeyed: boolean;
  /** The record of an earlier server over the same store. */
  readonly before: StoredClient | undefined;
}

/**
 * The known clients: those of the roster and the expected ones. With keys, a client is expected if it has credentials
 * that are not for replicas; without keys, if its owner has chosen its name, also at an earlier server over the same
 * store. It is expected until it says goodbye or is forgotten. Connected clients are recorded in the store.
 */
export class Fleet {
  private readonly roster: Roster;
  private readonly events: EventBus;
  private readonly journal: Pick<Journal, 'client' | 'clientForgotten'> | undefined;
  private readonly before: ReadonlyMap<string, StoredClient>;
  private readonly expected: Set<string>;
  /** Names of clients with their own credentials; undefined without keys. */
  private credentials: ReadonlySet<string> | undefined;
  private readonly vouched: (client: string) => Readonly<Record<string, string>> | undefined;

  constructor(options: {
    roster: Roster;
    events: EventBus;
    /** With a durable store. */
    journal: Pick<Journal, 'client' | 'clientForgotten'> | undefined;
    /** Clients that the store knows. */
    stored: readonly StoredClient[];
    /** Names of the credentials that are not for replicas; undefined without keys. */
    credentials: readonly string[] | undefined;
    /** Labels that the keys vouch for. Default: none. */
    vouched?: ((client: string) => Readonly<Record<string, string>> | undefined) | undefined;
  }) {
    this.roster = options.roster;
    this.events = options.events;
    this.journal = options.journal;
    const newestFirst = options.stored.filter(({ named }) => named).sort((a, b) => b.seenAtMs - a.seenAtMs);
    const known = newestFirst.slice(0, limits.maxDepartedClients).map((client) => [client.name, client] as const);
    this.before = new Map(known);
    this.credentials = options.credentials && new Set(options.credentials);
    this.vouched = options.vouched ?? (() => undefined);
    this.expected = new Set(options.credentials ?? this.before.keys());
  }

  has(name: string): boolean {
    return this.roster.get(name) !== undefined || this.expected.has(name);
  }

  isExpected(name: string): boolean {
    return this.expected.has(name);
  }

  /** Whether it has ended, as far as is known, so that nothing needs to wait for it to reconnect. */
  hasEnded(name: string): boolean {
    return !this.expected.has(name) && this.roster.get(name)?.hasEnded === true;
  }

  /** Labels that the keys vouch for, whatever the client reports. */
  vouchedOf(client: string): Readonly<Record<string, string>> {
    return this.vouched(client) ?? {};
  }

  /**
   * The value of a label, or of a fact that targets can select. Vouched labels override reported ones, and those override
   * facts with the same name.
   */
  labelOf(client: string, name: string): string | undefined {
    const vouched = this.vouchedOf(client);
    if (Object.hasOwn(vouched, name)) return vouched[name];
    const { labels = {}, facts = {} } = this.aboutOf(client);
    if (Object.hasOwn(labels, name)) return labels[name];
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
    return labelValueSchema.safeParse(fact).success ? fact : undefined;
  }

  /** The last reported description, also to an earlier server over the same store. */
  aboutOf(client: string): Partial<ClientAbout> {
    return this.roster.get(client) ?? this.before.get(client)?.about ?? {};
  }

  /** Names of connected clients. */
  connected(): string[] {
    return this.roster.connected().map(({ name }) => name);
  }

  /** Names of connected or expected clients. */
  all(): string[] {
    const connected = this.connected();
    const away = [...this.expected].filter((name) => this.roster.get(name)?.peer === undefined);
    return away.length === 0 ? connected : [...connected, ...away].sort(naturally);
  }

  /** Expected clients that have never connected. */
  missing(): Missing[] {
    return [...this.expected].flatMap((name) => (this.roster.get(name) ? [] : [this.missingOf(name)]));
  }

  joined(member: Member): void {
    if (isNamed(member)) this.expected.add(member.name);
  }

  /** The client has listed its jobs, so this process is the current one. */
  synced(member: Member): void {
    this.store(member);
  }

  /** The client has changed its description. */
  changed(member: Member): void {
    if (member.synced) this.store(member);
  }

  /** The client has announced its end. */
  saidGoodbye(member: Member): void {
    this.ends(member);
    this.journal?.clientForgotten(member.name);
  }

  sessionEnded(member: Member): void {
    const { hasEnded } = member;
    // It received `terminate`, and disconnected before it could send `goodbye`.
    if (member.state === 'terminating') this.ends(member);
    if (!hasEnded && member.synced) this.store(member);
    const forgotten = this.roster.sessionEnded(member, (name) => this.expected.has(name));
    if (forgotten === undefined || this.credentials?.has(forgotten) || !this.expected.delete(forgotten)) return;
    this.journal?.clientForgotten(forgotten);
    this.events.emit({ type: 'client.forgotten', client: forgotten });
  }

  /** The credentials of the client are no longer valid. */
  revoked(member: Member): void {
    if (member.hasEnded) return;
    member.hasEnded = true;
    this.store(member);
  }

  /** The server ends: records the connected clients as seen until now. */
  serverEnds(): void {
    for (const member of this.roster.connected()) if (member.synced) this.store(member);
  }

  /** @returns clients that have lost their credentials and have never connected. */
  credentialsAre(names: readonly string[]): string[] {
    const { roster, events, credentials: older = new Set() } = this;
    const credentials = new Set(names);
    this.credentials = credentials;
    for (const client of names) {
      if (older.has(client)) continue;
      this.expected.add(client);
      if (!roster.get(client)) events.emit({ type: 'client.expected', client });
    }
    const gone = [...older].filter((name) => !credentials.has(name));
    for (const name of gone) this.expected.delete(name);
    const neverHere = gone.filter((name) => !roster.get(name));
    for (const client of neverHere) events.emit({ type: 'client.forgotten', client });
    return neverHere;
  }

  /** @throws SignalboxError `no_such_target`; `bad_usage` for a client that would immediately be known again. */
  forget(client: string, actor: string): void {
    if (!this.has(client)) throw new SignalboxError('no_such_target', `no client is called '${client}'`);
    if (this.roster.get(client)?.peer !== undefined) {
      throw new SignalboxError('bad_usage', `${client} is connected; end it first: @${client} terminate`);
    }
    if (this.credentials?.has(client)) {
      const text = `${client} has credentials; revoke them instead: signalbox keys revoke ${client}`;
      throw new SignalboxError('bad_usage', text);
    }
    this.roster.forget(client);
    this.expected.delete(client);
    this.journal?.clientForgotten(client);
    this.events.emit({ type: 'client.forgotten', client, actor });
  }

  private ends(member: Member): void {
    member.hasEnded = true;
    this.expected.delete(member.name);
  }

  private store(member: Member): void {
    const { name, bootId, labels, facts } = member;
    const hasSaid = Object.keys(labels).length + Object.keys(facts).length > 0;
    const seen = { name, bootId, named: this.expected.has(name), seenAtMs: Date.now() };
    this.journal?.client({ ...seen, ...(hasSaid && { about: { labels, facts } }) });
  }

  private missingOf(name: string): Missing {
    return { name, isKeyed: this.credentials?.has(name) === true, before: this.before.get(name) };
  }
}

/** Whether its owner chose its name. With keys its credentials decide, not its hello. */
const isNamed = ({ credential, name, named }: Member): boolean =>
  credential ? credential.name === name && !credential.replicas : named;
