import { labelValueSchema, limits, SignalboxError } from '../../../schemas/index.ts';
import { naturally } from '../../natural-order.ts';
import type { ClientAbout, StoredClient } from '../../store/stored-job.ts';
import type { EventBus } from '../event-bus.ts';
import type { Journal } from '../journal/journal.ts';
import type { Member, Roster } from './roster.ts';

/** A client that ought to be there and has never been, as far as this server knows. */
export interface Missing {
  readonly name: string;
  /** It has credentials of its own. */
  readonly isKeyed: boolean;
  /** As an earlier server over the same store has seen it. */
  readonly before: StoredClient | undefined;
}

/**
 * Clients that are known: those of the roster, and those that are expected. Expected is, with keys, who has credentials
 * that are not for replicas; without, whose owner has chosen its name, also at an earlier server over the same store. It
 * is so until it says goodbye, or is forgotten. The store is told who was here.
 */
export class Fleet {
  private readonly roster: Roster;
  private readonly events: EventBus;
  private readonly journal: Pick<Journal, 'client' | 'clientForgotten'> | undefined;
  private readonly before: ReadonlyMap<string, StoredClient>;
  private readonly expected: Set<string>;
  /** Who has credentials of its own; undefined without keys. */
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

  /** Whether it has gone for good as far as is known: nobody need wait for a reconnect. */
  hasEnded(name: string): boolean {
    return !this.expected.has(name) && this.roster.get(name)?.hasEnded === true;
  }

  /** What the keys vouch for, whatever the client says of itself. */
  vouchedOf(client: string): Readonly<Record<string, string>> {
    return this.vouched(client) ?? {};
  }

  /**
   * The value of a label, or of a fact that can be a target. A label that is vouched for goes before one that the client says
   * of itself, and that before a fact of the same name.
   */
  labelOf(client: string, name: string): string | undefined {
    const vouched = this.vouchedOf(client);
    if (Object.hasOwn(vouched, name)) return vouched[name];
    const { labels = {}, facts = {} } = this.aboutOf(client);
    if (Object.hasOwn(labels, name)) return labels[name];
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
    return labelValueSchema.safeParse(fact).success ? fact : undefined;
  }

  /** What it has said of itself last, also to an earlier server over the same store. */
  aboutOf(client: string): Partial<ClientAbout> {
    return this.roster.get(client) ?? this.before.get(client)?.about ?? {};
  }

  /** Names of those who are connected. */
  connected(): string[] {
    return this.roster.connected().map(({ name }) => name);
  }

  /** Names of those who are connected or expected. */
  all(): string[] {
    const connected = this.connected();
    const away = [...this.expected].filter((name) => this.roster.get(name)?.peer === undefined);
    return away.length === 0 ? connected : [...connected, ...away].sort(naturally);
  }

  /** Who is expected and has not been here. */
  missing(): Missing[] {
    return [...this.expected].flatMap((name) => (this.roster.get(name) ? [] : [this.missingOf(name)]));
  }

  joined(member: Member): void {
    if (isNamed(member)) this.expected.add(member.name);
  }

  /** It has listed its jobs: it is that process now. */
  synced(member: Member): void {
    this.store(member);
  }

  /** It has said something else of itself. */
  changed(member: Member): void {
    if (member.synced) this.store(member);
  }

  /** It has said that it ends. */
  saidGoodbye(member: Member): void {
    this.ends(member);
    this.journal?.clientForgotten(member.name);
  }

  sessionEnded(member: Member): void {
    const { hasEnded } = member;
    // It was told to end, and cut off before it said so.
    if (member.state === 'terminating') this.ends(member);
    if (!hasEnded && member.synced) this.store(member);
    const forgotten = this.roster.sessionEnded(member, (name) => this.expected.has(name));
    if (forgotten === undefined || this.credentials?.has(forgotten) || !this.expected.delete(forgotten)) return;
    this.journal?.clientForgotten(forgotten);
    this.events.emit({ type: 'client.forgotten', client: forgotten });
  }

  /** It may not come any more with the credentials that it had. */
  revoked(member: Member): void {
    if (member.hasEnded) return;
    member.hasEnded = true;
    this.store(member);
  }

  /** The server ends: clients that are here were seen until now. */
  serverEnds(): void {
    for (const member of this.roster.connected()) if (member.synced) this.store(member);
  }

  /** @returns whose credentials are gone, of those that have not been here. */
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

  /** @throws SignalboxError `no_such_target`, `bad_usage` for one that would be known again at once. */
  forget(client: string, actor: string): void {
    if (!this.has(client)) throw new SignalboxError('no_such_target', `no client is called '${client}'`);
    if (this.roster.get(client)?.peer !== undefined) {
      throw new SignalboxError('bad_usage', `${client} is connected: end it first, with @${client} terminate`);
    }
    if (this.credentials?.has(client)) {
      const text = `${client} has credentials: remove them, with signalbox keys revoke ${client}`;
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

/** Its owner has chosen its name. With keys its credentials count, not what it says. */
const isNamed = ({ credential, name, named }: Member): boolean =>
  credential ? credential.name === name && !credential.replicas : named;
