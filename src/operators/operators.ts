import { createHash, randomBytes } from 'node:crypto';
import { SignalboxError } from '../../schemas/errors.ts';
import { roleNamePattern } from '../../schemas/roles.ts';
import { startTimer } from '../process/timer.ts';
import type { Collection, Entry } from '../store/collection.ts';
import type { CurrentOperators } from './guard.ts';
import type { Role } from './role.ts';

interface Stored {
  readonly role: string;
  /** SHA-256 of the token, in hexadecimal: the token itself is nowhere. */
  readonly tokenHash: string;
  readonly addedMs: number;
  readonly addedBy: string;
  readonly expiresMs?: number;
}

export type OperatorView = Omit<Stored, 'tokenHash'> & { readonly name: string };

/** What a token opens. */
export interface SignedIn {
  readonly name: string;
  /** Aborts when the operator is removed, its time is over, or another token takes the place of this one. */
  readonly signal: AbortSignal;
}

interface Known {
  readonly entry: Entry<Stored>;
  /** Of the operator, whatever its token. */
  readonly ending: AbortController;
  readonly ofToken: AbortController;
  readonly expiry: Disposable | undefined;
}

const pageLimit = 1_000;

/**
 * The operators of a server, in a collection of its store and, as the server alone changes them, in memory. A change
 * counts when it is stored.
 */
export class Operators implements CurrentOperators, Disposable {
  private readonly collection: Collection<Stored>;
  private readonly roles: ReadonlyMap<string, Role>;
  private readonly known = new Map<string, Known>();
  private readonly byToken = new Map<string, string>();

  private constructor(collection: Collection<Stored>, roles: ReadonlyMap<string, Role>) {
    this.collection = collection;
    this.roles = roles;
  }

  /** Reads those that there are. @throws what the collection throws. */
  static async open(collection: Collection<Stored>, roles: ReadonlyMap<string, Role>): Promise<Operators> {
    const operators = new Operators(collection, roles);
    let page: readonly Entry<Stored>[] = [];
    do {
      page = await collection.list(pageLimit, page.at(-1)?.key);
      for (const entry of page) operators.keep(entry);
    } while (page.length === pageLimit);
    return operators;
  }

  /** Undefined as well where the configuration has no such role any more. */
  roleOf(name: string): Role | undefined {
    const known = this.current(name);
    return known && this.roles.get(known.entry.value.role);
  }

  signalOf(name: string): AbortSignal {
    return this.current(name)?.ending.signal ?? AbortSignal.abort();
  }

  list(): OperatorView[] {
    return [...this.known.values()].map(({ entry: { key, value } }) => {
      const { tokenHash: _, ...shown } = value;
      return { name: key, ...shown };
    });
  }

  /**
   * Adds an operator.
   * @param by who does it.
   * @returns its token, which is told this once.
   * @throws SignalboxError `bad_usage`; `unavailable` where it cannot be stored.
   */
  async add(name: string, given: { role: string; by: string; expiresInMs?: number | undefined }): Promise<string> {
    if (!roleNamePattern.test(name)) {
      throw new SignalboxError('bad_usage', `'${name}' is no name: use [a-z0-9][a-z0-9._-]*, at most 63 characters`);
    }
    if (!this.roles.has(given.role)) {
      throw new SignalboxError(
        'bad_usage',
        `there is no role ${given.role}; there is ${[...this.roles.keys()].join(', ')}`,
      );
    }
    const { role, by: addedBy, expiresInMs } = given;
    const addedMs = Date.now();
    const { token, tokenHash } = newToken();
    const times = { addedMs, ...(expiresInMs !== undefined && { expiresMs: addedMs + expiresInMs }) };
    const entry = await this.collection.putIfAbsent(name, { role, tokenHash, addedBy, ...times });
    if (!entry) throw new SignalboxError('bad_usage', `there is an operator ${name} already; remove it first`);
    this.keep(entry);
    return token;
  }

  /** Ends what it has open, too. @throws SignalboxError `bad_usage` */
  async remove(name: string): Promise<void> {
    const known = this.find(name);
    if (!(await this.collection.compareAndDelete(name, known.entry.version))) throw changed(name);
    this.drop(name);
  }

  /** @returns a new token. What the old one has open ends. @throws SignalboxError `bad_usage` */
  async rotate(name: string): Promise<string> {
    const known = this.find(name);
    const { token, tokenHash } = newToken();
    const entry = await this.collection.compareAndSet(name, known.entry.version, { ...known.entry.value, tokenHash });
    if (!entry) throw changed(name);
    this.byToken.delete(known.entry.value.tokenHash);
    this.byToken.set(tokenHash, name);
    this.known.set(name, { ...known, entry, ofToken: new AbortController() });
    known.ofToken.abort();
    return token;
  }

  /** Undefined for a token that opens nothing, be it wrong, old, or of somebody whose time is over. */
  signIn(token: string): SignedIn | undefined {
    const name = this.byToken.get(hashOf(token));
    const known = name === undefined ? undefined : this.current(name);
    if (name === undefined || !known) return undefined;
    return { name, signal: AbortSignal.any([known.ending.signal, known.ofToken.signal]) };
  }

  [Symbol.dispose](): void {
    for (const { expiry } of this.known.values()) expiry?.[Symbol.dispose]();
  }

  private keep(entry: Entry<Stored>): void {
    const { key: name, value } = entry;
    const ending = new AbortController();
    const leftMs = value.expiresMs === undefined ? undefined : Math.max(0, value.expiresMs - Date.now());
    const expiry = leftMs === undefined ? undefined : startTimer(leftMs, () => ending.abort());
    this.known.set(name, { entry, ending, ofToken: new AbortController(), expiry });
    this.byToken.set(value.tokenHash, name);
  }

  private drop(name: string): void {
    const known = this.known.get(name);
    this.known.delete(name);
    if (!known) return;
    this.byToken.delete(known.entry.value.tokenHash);
    known.expiry?.[Symbol.dispose]();
    known.ending.abort();
  }

  /** The clock decides, too: it can have been set, or the machine have slept. */
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
    throw new SignalboxError('bad_usage', `there is no operator ${name}; there is ${there}`);
  }
}

function newToken(): { token: string; tokenHash: string } {
  const token = `sbx_${randomBytes(32).toString('base64url')}`;
  return { token, tokenHash: hashOf(token) };
}

/** A token is random and long: nothing slower is needed, and a hash that is looked up tells nothing by its time. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

const changed = (name: string) =>
  new SignalboxError('unavailable', `operator ${name} was changed meanwhile; try again`);
