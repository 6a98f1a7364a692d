import { SignalboxError } from '../../schemas/errors.ts';
import { roleNamePattern } from '../../schemas/roles.ts';
import { naturally } from '../natural-order.ts';
import type { Acting } from '../plugin/acting.ts';
import { startTimer } from '../process/timer.ts';
import type { Collection, Entry } from '../store/collection.ts';
import type { CurrentOperators } from './guard.ts';
import { identityOf, identityOfActor, operatorPrefix, partsOf } from './operator-identity.ts';
import { newToken, ofKey, ofToken, type Secret, secretOf } from './operator-secret.ts';
import type { Role } from './role.ts';

interface Stored extends Secret {
  readonly role: string;
  readonly addedMs: number;
  readonly addedBy: string;
  readonly expiresMs?: number;
  /** Generation of the operator among those of the same name. Absent for the first. */
  readonly generation?: number;
}

/** Replaces a removed operator. */
interface Removed {
  /** Generation of the removed operator. */
  readonly removed: number;
}

export interface OperatorView extends Omit<Stored, 'tokenHash' | 'generation'> {
  readonly name: string;
  /** Time of its last sign-in since this server started, in ms since the epoch. */
  readonly seenMs?: number;
  /** True if it has expired. */
  readonly isExpired?: true;
  /** True if the configuration no longer has its role. */
  readonly isWithoutRole?: true;
}

/** Why an operator can no longer act. */
export interface Gone {
  readonly name: string;
  readonly actor: string;
  readonly why: 'removed' | 'expired';
}

interface NewOperator {
  readonly role: string;
  readonly by: string;
  /** Time at which it expires, in ms since the epoch. */
  readonly expiresMs?: number | undefined;
  readonly keyFingerprint?: string | undefined;
}

/** The operator that a token or client certificate belongs to. */
export interface SignedIn {
  /** Identity: the part of its actor after `operator:`. */
  readonly name: string;
  /** Aborts when the operator is removed or expires, or when its token or key is replaced. */
  readonly signal: AbortSignal;
}

interface Known {
  readonly entry: Entry<Stored>;
  /** Aborts when the operator is removed or expires. */
  readonly ending: AbortController;
  /** Aborts when its token or key is replaced, too. */
  readonly ofSecret: AbortController;
  readonly expiry: Disposable | undefined;
}

const pageLimit = 1_000;

/**
 * The operators of a server, in a collection of its store and, because only the server changes them, in memory. A
 * change takes effect when it is stored.
 */
export class Operators implements CurrentOperators, Acting, Disposable {
  private readonly collection: Collection<Stored | Removed>;
  private roles: ReadonlyMap<string, Role>;
  private readonly known = new Map<string, Known>();
  private readonly removed = new Map<string, Entry<Removed>>();
  /** Names by secret: the hash of a token, or the fingerprint of a key. */
  private readonly bySecret = new Map<string, string>();
  private readonly seen = new Map<string, number>();
  private readonly listeners = new Set<(gone: Gone) => void>();
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(collection: Collection<Stored | Removed>, roles: ReadonlyMap<string, Role>) {
    this.collection = collection;
    this.roles = roles;
  }

  /** Reads the operators. @throws errors of the collection. */
  static async open(collection: Collection<Stored | Removed>, roles: ReadonlyMap<string, Role>): Promise<Operators> {
    const operators = new Operators(collection, roles);
    await operators.refresh();
    return operators;
  }

  /** Reads the operators again after another server has had the store. @throws errors of the collection. */
  refresh(): Promise<void> {
    return this.inTurn(() => this.read());
  }

  /** Replaces the roles. Takes effect at once. */
  replaceRoles(roles: ReadonlyMap<string, Role>): void {
    this.roles = roles;
  }

  /** Undefined also if the configuration no longer has the role. */
  roleOf(identity: string): Role | undefined {
    const known = this.currentOf(identity);
    return known && this.roles.get(known.entry.value.role);
  }

  signalOf(identity: string): AbortSignal {
    return this.currentOf(identity)?.ending.signal ?? AbortSignal.abort();
  }

  /** In order of name. */
  list(): OperatorView[] {
    const names = [...this.known.keys()].sort(naturally);
    return names.flatMap((name) => this.viewOf(name) ?? []);
  }

  viewOf(name: string): OperatorView | undefined {
    const known = this.known.get(name);
    if (!known) return undefined;
    const { tokenHash: _token, generation: _generation, ...shown } = known.entry.value;
    const seenMs = this.seen.get(name);
    return {
      ...{ name, ...shown },
      ...(seenMs !== undefined && { seenMs }),
      ...(!this.current(name) && { isExpired: true }),
      ...(!this.roles.has(shown.role) && { isWithoutRole: true }),
    };
  }

  goneReason(actor: string): string | undefined {
    const identity = identityOfActor(actor);
    if (identity === undefined || this.currentOf(identity)) return undefined;
    const { name, generation } = partsOf(identity);
    const known = this.known.get(name);
    const isExpired = known && generationOf(known.entry.value) === generation;
    return isExpired ? `operator ${name} has expired` : `operator ${name} was removed`;
  }

  onGone(listener: (gone: Gone) => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => void this.listeners.delete(listener) };
  }

  /**
   * Adds an operator.
   * @param given.by who adds it.
   * @param given.keyFingerprint fingerprint of the key of its client certificates, from `keyFingerprint`. Then it has
   * no token.
   * @returns its token, which is available only now; undefined for an operator with a key.
   * @throws SignalboxError `bad_usage`; `unavailable` if it cannot be stored.
   */
  add(name: string, given: NewOperator & { keyFingerprint?: undefined }): Promise<string>;
  add(name: string, given: NewOperator): Promise<string | undefined>;
  add(name: string, given: NewOperator): Promise<string | undefined> {
    return this.inTurn(async () => {
      if (!roleNamePattern.test(name)) {
        throw bad(`'${name}' is not a valid name; use [a-z0-9][a-z0-9._-]*, at most 63 characters`);
      }
      const { role, by: addedBy, expiresMs, keyFingerprint: key } = given;
      if (!this.roles.has(role)) throw bad(`there is no role ${role}; known: ${[...this.roles.keys()].join(', ')}`);
      this.refuseTaken(key);
      const addedMs = Date.now();
      if (expiresMs !== undefined && expiresMs <= addedMs) throw bad(`${name} would expire in the past`);
      const { token, secret } = key === undefined ? newToken() : { token: undefined, secret: { keyFingerprint: key } };
      const times = { addedMs, ...(expiresMs !== undefined && { expiresMs }) };
      const former = this.removed.get(name);
      const generation = former && { generation: former.value.removed + 1 };
      const value = { role, ...secret, addedBy, ...times, ...generation };
      const entry = former
        ? await this.collection.compareAndSet(name, former.version, value)
        : await this.collection.putIfAbsent(name, value);
      // An operator that an earlier call stored without getting the confirmation is known from here on.
      if (!entry) await this.read();
      if (!entry) throw bad(`operator ${name} already exists; to give it a new token, use: operators rotate`);
      this.removed.delete(name);
      this.keep({ ...entry, value });
      return token;
    });
  }

  /** Removes an operator and closes everything it has open. @throws SignalboxError `bad_usage` */
  remove(name: string): Promise<void> {
    return this.inTurn(async () => {
      const known = this.find(name);
      const { version, value } = known.entry;
      const removed = { removed: generationOf(value) };
      const entry = await this.collection.compareAndSet(name, version, removed);
      if (!entry) return await this.changed(name);
      this.drop(name);
      this.removed.set(name, { ...entry, value: removed });
    });
  }

  /**
   * Gives an operator a new token or key, and closes connections that use the old one.
   * @returns the token; undefined if a key is given.
   * @throws SignalboxError `bad_usage`
   */
  rotate(name: string): Promise<string>;
  rotate(name: string, keyFingerprint: string | undefined): Promise<string | undefined>;
  rotate(name: string, keyFingerprint?: string): Promise<string | undefined> {
    return this.inTurn(async () => {
      const known = this.find(name);
      if (!this.current(name)) throw bad(`operator ${name} has expired; remove it and add it again`);
      this.refuseTaken(keyFingerprint);
      const made = keyFingerprint === undefined ? newToken() : { token: undefined, secret: { keyFingerprint } };
      const { tokenHash: _token, keyFingerprint: _key, ...kept } = known.entry.value;
      const value = { ...kept, ...made.secret };
      const entry = await this.collection.compareAndSet(name, known.entry.version, value);
      if (!entry) return await this.changed(name);
      this.bySecret.delete(secretOf(known.entry.value));
      this.bySecret.set(secretOf(value), name);
      this.known.set(name, { ...known, entry: { ...entry, value }, ofSecret: new AbortController() });
      known.ofSecret.abort();
      return made.token;
    });
  }

  /** Undefined if the token is unknown or replaced, or its operator has expired. */
  signIn(token: string): SignedIn | undefined {
    return this.signedIn(ofToken(token));
  }

  /**
   * Signs in by a client certificate whose chain and dates have been checked.
   * @param fingerprint of its key, from `keyFingerprint`.
   * @returns undefined if the key belongs to no operator, or the operator has expired.
   */
  signInByKey(fingerprint: string): SignedIn | undefined {
    return this.signedIn(ofKey(fingerprint));
  }

  [Symbol.dispose](): void {
    for (const { expiry } of this.known.values()) expiry?.[Symbol.dispose]();
  }

  /** Performs one change after the other. Otherwise a concurrent read would undo a change in memory. */
  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }

  private async read(): Promise<void> {
    const entries = new Map<string, Entry<Stored>>();
    let page: readonly Entry<Stored | Removed>[] = [];
    this.removed.clear();
    do {
      page = await this.collection.list(pageLimit, page.at(-1)?.key);
      for (const { value, ...entry } of page) {
        if ('removed' in value) this.removed.set(entry.key, { ...entry, value });
        else entries.set(entry.key, { ...entry, value });
      }
    } while (page.length === pageLimit);
    for (const [name, { entry }] of this.known) {
      if (entries.get(name)?.version === entry.version) entries.delete(name);
      else this.drop(name);
    }
    for (const entry of entries.values()) this.keep(entry);
  }

  private signedIn(secret: string): SignedIn | undefined {
    const name = this.bySecret.get(secret);
    const known = name === undefined ? undefined : this.current(name);
    if (name === undefined || !known) return undefined;
    this.seen.set(name, Date.now());
    return {
      name: identityOf(name, generationOf(known.entry.value)),
      signal: AbortSignal.any([known.ending.signal, known.ofSecret.signal]),
    };
  }

  private keep(entry: Entry<Stored>): void {
    const { key: name, value } = entry;
    const { expiresMs = Number.POSITIVE_INFINITY } = value;
    const ending = new AbortController();
    const leftMs = expiresMs - Date.now();
    const lasts = leftMs > 0 && Number.isFinite(leftMs);
    const expiry = lasts ? startTimer(leftMs, () => ending.abort()) : undefined;
    this.known.set(name, { entry, ending, ofSecret: new AbortController(), expiry });
    this.bySecret.set(secretOf(value), name);
    // Operators that expired before are not reported.
    if (leftMs <= 0) ending.abort();
    else ending.signal.addEventListener('abort', () => this.tell(entry), { once: true });
  }

  private tell({ key: name, value }: Entry<Stored>): void {
    const actor = `${operatorPrefix}${identityOf(name, generationOf(value))}`;
    const why = this.known.has(name) ? 'expired' : 'removed';
    for (const listener of this.listeners) listener({ name, actor, why });
  }

  private drop(name: string): void {
    const known = this.known.get(name);
    this.known.delete(name);
    this.seen.delete(name);
    if (!known) return;
    this.bySecret.delete(secretOf(known.entry.value));
    known.expiry?.[Symbol.dispose]();
    known.ending.abort();
  }

  private refuseTaken(keyFingerprint: string | undefined): void {
    const owner = keyFingerprint === undefined ? undefined : this.bySecret.get(ofKey(keyFingerprint));
    if (owner !== undefined) throw bad(`the key of this certificate belongs to operator ${owner}`);
  }

  /** @throws SignalboxError `unavailable` */
  private async changed(name: string): Promise<never> {
    await this.read();
    throw new SignalboxError('unavailable', `operator ${name} was changed meanwhile; try again`);
  }

  /** The exact operator, not another one of the same name. */
  private currentOf(identity: string): Known | undefined {
    const { name, generation } = partsOf(identity);
    const known = this.current(name);
    return known && generationOf(known.entry.value) === generation ? known : undefined;
  }

  /** Checks the clock as well, because it may have been changed, or the machine suspended. */
  private current(name: string): Known | undefined {
    const known = this.known.get(name);
    if (!known || known.ending.signal.aborted) return undefined;
    const { expiresMs } = known.entry.value;
    if (expiresMs === undefined || Date.now() < expiresMs) return known;
    known.ending.abort();
    return undefined;
  }

  private find(name: string): Known {
    const known = this.known.get(name);
    if (known) return known;
    const there = [...this.known.keys()].join(', ') || 'none';
    throw bad(`there is no operator ${name}; known: ${there}`);
  }
}

const generationOf = ({ generation = 1 }: Stored): number => generation;

const bad = (sentence: string) => new SignalboxError('bad_usage', sentence);
