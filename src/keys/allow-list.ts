import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { clientNameSchema, curveKeySchema, labelsSchema, SignalboxError } from '../../schemas/index.ts';

/** One client that may join: its public key and the SHA-256 of its token. The token itself is not stored. */
const allowedSchema = z.strictObject({
  name: clientNameSchema,
  replicas: z.boolean(),
  publicKey: curveKeySchema,
  tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Epoch ms. */
  addedMs: z.int(),
  /** Labels that the owner of the server vouches for. They override those that the client reports. */
  labels: labelsSchema.optional(),
});
export type Allowed = z.infer<typeof allowedSchema>;

export const allowListSchema = z.strictObject({ version: z.literal(1), clients: z.array(allowedSchema) });

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** An immutable snapshot of the clients that may join. */
export class AllowList {
  static readonly empty = new AllowList([]);
  private readonly byName: ReadonlyMap<string, Allowed>;
  private readonly byKey: ReadonlyMap<string, Allowed>;

  constructor(clients: readonly Allowed[]) {
    this.byName = new Map(clients.map((client) => [client.name, client]));
    this.byKey = new Map(clients.map((client) => [client.publicKey, client]));
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }

  /** Names of credentials that are not for replicas. */
  get plainNames(): string[] {
    return [...this.byName.values()].flatMap(({ name, replicas }) => (replicas ? [] : [name]));
  }

  /** Whether this list has every key of an older list. */
  hasAllKeysOf(older: AllowList): boolean {
    return older.byKey.keys().every((key) => this.byKey.has(key));
  }

  /** The credential with this public key. */
  ofKey(publicKey: string): Allowed | undefined {
    return this.byKey.get(publicKey);
  }

  /**
   * Whether a credential still lets a client use `name`: the credential is unchanged, and no other one takes precedence
   * for that name now.
   */
  holds(name: string, { publicKey, tokenHash }: Allowed): boolean {
    const now = this.credentialFor(name);
    return now?.publicKey === publicKey && now.tokenHash === tokenHash;
  }

  /**
   * Finds the credential that lets a client use `name`: the one with that name, otherwise the one for replicas with the
   * longest name such that `name` is that name, a dash and a suffix.
   * @param prove returns the token that a hello with this credential must have.
   * @throws SignalboxError `not_allowed` if there is none, or the token differs.
   */
  admit(name: string, token: string | undefined, prove: (credential: Allowed) => string): Allowed {
    const credential = this.credentialFor(name);
    if (!credential) throw new SignalboxError('not_allowed', `no credentials are valid for the name ${name}`);
    if (token === undefined || !isSame(token, prove(credential))) {
      throw new SignalboxError('not_allowed', `the credentials do not belong to ${name}`);
    }
    return credential;
  }

  /** Whether any credential lets a client use `name`. */
  has(name: string): boolean {
    return this.credentialFor(name) !== undefined;
  }

  /** The vouched labels of the credential that lets a client use `name`. */
  labelsOf(name: string): Readonly<Record<string, string>> | undefined {
    return this.credentialFor(name)?.labels;
  }

  private credentialFor(name: string): Allowed | undefined {
    const exact = this.byName.get(name);
    if (exact) return exact;
    for (let dash = name.lastIndexOf('-'); dash > 0; dash = name.lastIndexOf('-', dash - 1)) {
      const credential = this.byName.get(name.slice(0, dash));
      if (credential?.replicas && dash < name.length - 1) return credential;
    }
    return undefined;
  }
}

/** Compares in constant time; the length is not secret. */
function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
